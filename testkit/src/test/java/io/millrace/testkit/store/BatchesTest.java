package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.batch.Backend;
import io.millrace.db.batch.BatchFold;
import io.millrace.db.batch.BatchView;
import io.millrace.db.batch.BatchView.Ended;
import io.millrace.db.batch.BatchViews;
import io.millrace.db.batch.Batches;
import io.millrace.db.batch.Batches.Deletion;
import io.millrace.db.batch.Batches.Fate;
import io.millrace.db.batch.NewBatch;
import io.millrace.db.job.BatchItems;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.NewJob;
import io.millrace.db.job.NewJob.IdempotencyKey;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.sql.Database;
import io.millrace.job.BatchId;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import io.millrace.testkit.PostgresExtension;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jooq.Record;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What batches say of their items is what became of them. */
@Timeout(60)
class BatchesTest {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private static final int TENANT = 1;

  private Database database;
  private Stores stores;
  private Batches batches;
  private BatchViews views;
  private BatchItems items;
  private BatchFold fold;

  @BeforeEach
  void open() {
    database = postgres.database();
    stores = Stores.on(database);
    batches = new Batches(database);
    views = new BatchViews(database);
    items = new BatchItems(database);
    fold = new BatchFold(database);
    database
        .dsl()
        .execute(
            "insert into tenant (id, name) overriding system value values (1, 'acme') on conflict do nothing");
    database.dsl().execute("delete from webhook_endpoint");
    database
        .dsl()
        .execute(
            "insert into webhook_endpoint (id, tenant_id, url, event_types) values (gen_random_uuid(), 1, 'https://example.com', '{batch.ended}')");
  }

  @Test
  void aBatchIsStoredWithAllItsJobsOrNotAtAll() {
    var batch = batch(3);
    List<NewJob> jobs = jobs(batch, 3);
    var broken =
        new Iterator<List<NewJob>>() {
          private int next;

          @Override
          public boolean hasNext() {
            return true;
          }

          @Override
          public List<NewJob> next() {
            if (next == 2) {
              throw new IllegalStateException("broken off");
            }
            return List.of(jobs.get(next++));
          }
        };
    try {
      batches.create(batch, key("once"), broken);
    } catch (IllegalStateException expected) {
      assertThat(expected).hasMessage("broken off");
    }
    assertThat(views.find(TENANT, batch.id())).isEmpty();
    assertThat(count("job where batch_id = ?", batch)).isZero();

    assertThat(batches.create(batch, key("once"), List.of(jobs).iterator()))
        .isEqualTo(new Fate.Created());
    assertThat(batches.create(batch(1), key("once"), List.of(jobs).iterator()))
        .isEqualTo(new Fate.Replayed(batch.id()));
    assertThat(batches.create(batch(1), otherBody("once"), List.of(jobs).iterator()))
        .isEqualTo(new Fate.KeyReused());
    assertThat(views.find(TENANT, batch.id()).orElseThrow().open()).isEqualTo(3);
    assertThat(views.find(TENANT + 1, batch.id())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 0})
  void whateverHappensToItsItemsABatchCountsThemAndEndsOnce(long fixed) throws Exception {
    long seed = fixed == 0 ? ThreadLocalRandom.current().nextLong() : fixed;
    var batch = batch(60);
    create(batch, jobs(batch, 60));
    List<JobId> ids = ids(batch);
    var over = new AtomicBoolean();
    try (var pool = Executors.newFixedThreadPool(6)) {
      List<Callable<Void>> actors = new ArrayList<>();
      for (int actor = 0; actor < 4; actor++) {
        var random = new Random(seed + actor);
        actors.add(() -> {
          UUID worker = stores.worker();
          for (int i = 0; i < 60; i++) {
            happen(ids.get(random.nextInt(ids.size())), worker, random);
          }
          return null;
        });
      }
      for (int folder = 0; folder < 2; folder++) {
        pool.execute(() -> {
          while (!over.get()) {
            fold.fold(7);
          }
        });
      }
      try {
        for (Future<Void> actor : pool.invokeAll(actors)) {
          actor.get();
        }
      } catch (Exception failed) {
        over.set(true);
        throw failed;
      }
      var before = views.find(TENANT, batch.id()).orElseThrow();
      assertThat(before.ended()).as("seed %d, unfolded", seed).isEqualTo(truth(batch));
      ids.forEach(this::finish);
      over.set(true);
    }
    foldAll();

    BatchView view = views.find(TENANT, batch.id()).orElseThrow();
    assertThat(view.ended()).as("seed %d", seed).isEqualTo(truth(batch));
    assertThat(view.open()).isZero();
    assertThat(view.endedAt()).isNotNull();
    assertThat(told(batch)).as("seed %d, how often its end was told", seed).isEqualTo(1);
    Record costs =
        database
            .dsl()
            .fetchSingle(
                "select coalesce(sum(amount) filter (where kind <> 'suspected'), 0), coalesce(sum(amount) filter (where kind = 'suspected'), 0), coalesce(sum(output_tokens) filter (where kind <> 'suspected'), 0)"
                    + " from cost where job_id in (select id from job where batch_id = ?)",
                batch.id().uuid());
    assertThat(view.cost()).isEqualByComparingTo(costs.get(0, BigDecimal.class));
    assertThat(view.suspected()).isEqualByComparingTo(costs.get(1, BigDecimal.class));
    assertThat(view.usage().outputTokens()).isEqualTo(costs.get(2, Long.class));
  }

  @Test
  void anItemThatIsReplayedAfterTheEndIsOpenAgainAndTheBatchStaysEnded() {
    var batch = batch(2);
    create(batch, jobs(batch, 2));
    List<JobId> ids = ids(batch);
    ids.forEach(stores::cancel);
    foldAll();
    Instant ended = views.find(TENANT, batch.id()).orElseThrow().endedAt();
    assertThat(ended).isNotNull();

    stores.replay(ids.getFirst());
    assertThat(views.find(TENANT, batch.id()).orElseThrow().open()).isEqualTo(1);
    assertThat(stores.job(ids.getFirst()).get("batch_until")).isNull();
    assertThat(batches.delete(TENANT, batch.id())).isEqualTo(Deletion.DELETED);
    assertThat(items.deletePortion(batch.id(), 10)).isEqualTo(1);
    assertThat(items.deletePortion(batch.id(), 10)).isZero();
    assertThat(items.deleted(1_000)).contains(batch.id());

    stores.cancel(ids.getFirst());
    assertThat(items.deletePortion(batch.id(), 10)).isEqualTo(1);
    foldAll();
    assertThat(items.deletePortion(batch.id(), 10)).isZero();
    assertThat(items.deleted(1_000)).doesNotContain(batch.id());
    assertThat(told(batch)).isEqualTo(1);
  }

  @Test
  void whatIsDeletedWithABatchLeavesItsCosts() {
    var batch = batch(1);
    create(batch, jobs(batch, 1));
    JobId id = ids(batch).getFirst();
    Claimed held = stores.claim(stores.worker(), id);
    stores.settle(held, Calls.succeeded(held, 1, "0.01"), Calls.ANSWERED);
    assertThat(batches.delete(TENANT, batch.id())).isEqualTo(Deletion.NOT_ENDED);
    foldAll();

    assertThat(batches.delete(TENANT + 1, batch.id())).isEqualTo(Deletion.UNKNOWN);
    assertThat(batches.delete(TENANT, batch.id())).isEqualTo(Deletion.DELETED);
    assertThat(batches.delete(TENANT, batch.id())).isEqualTo(Deletion.UNKNOWN);
    assertThat(items.deletePortion(batch.id(), 10)).isEqualTo(1);
    assertThat(stores.rows("request", id)).isEmpty();
    assertThat(stores.rows("result", id)).isEmpty();
    assertThat(stores.rows("cost", id)).hasSize(1);
    assertThat(stores.rows("attempt", id)).hasSize(1);
  }

  @Test
  void aCancelTakesWhatIsQueuedAndMarksWhatProviderBatchesHold() {
    var batch = batch(4);
    create(batch, jobs(batch, 4));
    List<JobId> ids = ids(batch);
    UUID provider = UUID.randomUUID();
    database
        .dsl()
        .execute(
            "insert into provider_batch (id, state, anthropic_version, items, bytes) values (?, 'processing', '2026-10-21', 1, 1)",
            provider);
    Claimed live = stores.claim(stores.worker(), ids.get(0));
    Claimed byBatch = stores.claim(stores.worker(), ids.get(1));
    database
        .dsl()
        .execute("update job set worker_id = ? where id = ?", provider, byBatch.id().uuid());

    assertThat(items.canceling()).doesNotContain(batch.id());
    assertThat(batches.cancel(TENANT, batch.id())).isTrue();
    assertThat(batches.cancel(TENANT, batch.id())).isFalse();
    assertThat(items.canceling()).contains(batch.id());
    assertThat(items.cancelQueued(batch.id(), 1)).hasSize(1);
    assertThat(items.cancelQueued(batch.id(), 10)).hasSize(1);
    assertThat(items.markHeld(batch.id(), 10)).isEqualTo(1);
    assertThat(items.markHeld(batch.id(), 10)).isZero();
    assertThat(stores.job(byBatch.id()).get("cancel_requested_at")).isNotNull();
    assertThat(stores.job(live.id()).get("cancel_requested_at")).isNull();

    stores.settle(live, Calls.overloaded(live, 1), new Requeue(Duration.ofHours(1)));
    assertThat(items.cancelQueued(batch.id(), 10)).containsExactly(live.id());
    database
        .dsl()
        .execute(
            "update job set state = 'canceled', worker_id = null, sending = false, finished_at = now() where id = ?",
            byBatch.id().uuid());
    database.dsl().execute("delete from provider_batch");
  }

  private void happen(JobId id, UUID worker, Random random) {
    switch (random.nextInt(5)) {
      case 0 -> stores.cancel(id);
      case 1 -> stores.replay(id);
      default -> {
        var won = stores.claims().claim(worker, List.of(stores.invitation(id)), List.of());
        for (Claimed held : won) {
          int no = held.attempts() + 1;
          switch (random.nextInt(6)) {
            case 0 -> stores.settle(held, Calls.succeeded(held, no, "0.0125"), Calls.ANSWERED);
            case 1 -> stores.settle(held, Calls.overloaded(held, no), Calls.FAILED);
            case 2 -> stores.settle(held, Calls.ambiguous(held, no), Calls.EXPIRED);
            case 3 -> stores.settle(held, Calls.ambiguous(held, no), new Requeue(Duration.ZERO));
            case 4 -> {
              // Taken for lost, and then its answer comes.
              stores.settle(held, Calls.presumed(held), new Requeue(Duration.ZERO));
              stores.settle(held, Calls.succeeded(held, no, "0.0125"), Calls.ANSWERED);
            }
            default -> {
              stores.settle(held, Calls.succeeded(held, no, "0.0125"), Calls.ANSWERED);
              stores.settle(held, Calls.succeeded(held, no, "0.0125"), Calls.ANSWERED);
            }
          }
        }
      }
    }
  }

  private void finish(JobId id) {
    while (!stores.state(id).isFinal()) {
      stores.cancel(id);
      if (stores.state(id) == JobState.RUNNING) {
        throw new IllegalStateException("nobody should hold it");
      }
    }
  }

  private void foldAll() {
    while (fold.fold(1_000) > 0) {
      // Until there is nothing left.
    }
  }

  private Ended truth(NewBatch batch) {
    Record row =
        database
            .dsl()
            .fetchSingle(
                "select count(*) filter (where state = 'succeeded'), count(*) filter (where state = 'failed'), count(*) filter (where state = 'canceled'), count(*) filter (where state = 'expired')"
                    + " from job where batch_id = ?",
                batch.id().uuid());
    return new Ended(
        row.get(0, Integer.class),
        row.get(1, Integer.class),
        row.get(2, Integer.class),
        row.get(3, Integer.class));
  }

  private int told(NewBatch batch) {
    return database
        .dsl()
        .fetchSingle(
            "select count(*) from delivery where event_type = 'batch.ended' and convert_from(body, 'UTF8')::json -> 'data' ->> 'id' = ?",
            batch.id().toString())
        .get(0, Integer.class);
  }

  private int count(String what, NewBatch batch) {
    return database
        .dsl()
        .fetchSingle("select count(*) from " + what, batch.id().uuid())
        .get(0, Integer.class);
  }

  private List<JobId> ids(NewBatch batch) {
    return database
        .dsl()
        .fetch("select id from job where batch_id = ? order by id", batch.id().uuid())
        .map(row -> new JobId(row.get(0, UUID.class)));
  }

  private void create(NewBatch batch, List<NewJob> jobs) {
    assertThat(batches.create(batch, null, List.of(jobs).iterator())).isEqualTo(new Fate.Created());
  }

  private static IdempotencyKey otherBody(String name) {
    var body = new byte[32];
    body[0] = 1;
    return new IdempotencyKey("/b", name, body);
  }

  private static IdempotencyKey key(String name) {
    return new IdempotencyKey("/b", name, new byte[32]);
  }

  private static List<NewJob> jobs(NewBatch batch, int number) {
    return IntStream.range(0, number)
        .mapToObj(i -> job().batch(batch.id().uuid()).build())
        .toList();
  }

  private static NewBatch batch(int size) {
    return new NewBatch(
        BatchId.create(Instant.now(), ThreadLocalRandom.current()),
        TENANT,
        Backend.QUEUE,
        Lane.BULK,
        null,
        "2026-10-21",
        List.of(),
        size,
        100,
        Instant.now().plusSeconds(3_600));
  }
}
