package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.db.job.JobCopies;
import io.millrace.db.job.NewJob;
import io.millrace.db.job.Submissions;
import io.millrace.db.job.Submitted;
import io.millrace.db.job.Submitted.Created;
import io.millrace.db.job.Submitted.KeyReused;
import io.millrace.db.job.Submitted.Replayed;
import io.millrace.db.sql.Database;
import io.millrace.db.sql.GroupCommit;
import io.millrace.job.JobId;
import io.millrace.job.Lane;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.JobFixture;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SubmissionsTest {

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private Stores stores;

  @BeforeEach
  void openStores() {
    stores = Stores.on(postgres.database());
  }

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void ofAHundredPostsAtOnceWithOneKeyOneMakesAJob() throws Exception {
    List<Callable<Submitted>> posts = new ArrayList<>();
    try (var other = Database.open(postgres.address(), "other", 10)) {
      for (int i = 0; i < 100; i++) {
        var store = i % 2 == 0 ? stores.submissions() : new Submissions(other);
        posts.add(() -> store.submit(List.of(job().key("k", "body").build())).getFirst());
      }
      List<Submitted> fates = new ArrayList<>();
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (var fate : threads.invokeAll(posts)) {
          fates.add(fate.get());
        }
      }

      var created = fates.stream().filter(Created.class::isInstance).toList();
      assertThat(created).hasSize(1);
      fates.removeAll(created);
      assertThat(fates).containsOnly(new Replayed(((Created) created.getFirst()).id()));
    }
    assertThat(jobs()).isEqualTo(1);
  }

  @Test
  void aCopyStoresWhatASubmissionStores() {
    var soon = Instant.now().plusSeconds(3_600).truncatedTo(ChronoUnit.MICROS);
    List<Supplier<JobFixture>> kinds =
        List.of(
            () -> job(),
            () -> job().lane(Lane.INTERACTIVE).runAt(soon).userId("u").feature("f"),
            () -> job().lane(Lane.BULK).runAt(Instant.EPOCH).metadata("{\"a\":\"ü\"}"),
            () -> job().expiresAt(soon).batch(new UUID(1, 2)).byBatchUntil(soon.minusSeconds(60)),
            () -> job().batch(new UUID(1, 2)).byBatchUntil(Instant.EPOCH).maxAttempts(20),
            () -> job().runAt(soon).batch(new UUID(1, 2)).byBatchUntil(soon.plusSeconds(9)),
            () -> job().fallbacks("one", "other").webhook("https://example.com/hook"));
    var submitted = kinds.stream().map(kind -> kind.get().submit(postgres.database())).toList();
    var copies = kinds.stream().map(kind -> kind.get().build()).toList();

    postgres
        .database()
        .transaction(connection -> {
          new JobCopies(connection, postgres.database().sealer()).add(copies);
          return copies.size();
        });

    assertThat(copies.stream().map(copy -> stored(copy.id())).toList())
        .isEqualTo(submitted.stream().map(this::stored).toList());
  }

  /** Everything of a job but its id, times of its own as such, those that follow from now alike. */
  private String stored(JobId id) {
    return postgres
        .database()
        .dsl()
        .fetchSingle(
            """
            select concat_ws(' ', to_jsonb(j) - '{id,created_at,due_at,expires_at}'::text[],
              case when due_at = created_at then 'at once' else due_at::text end,
              case when expires_at - created_at in (interval '1 hour', interval '1 day', interval '14 days')
                then (expires_at - created_at)::text else expires_at::text end, to_jsonb(r) - 'job_id')
            from job j join request r on r.job_id = j.id where j.id = ?
            """,
            id.uuid())
        .get(0, String.class);
  }

  @Test
  void aKeyWithAnotherBodyIsRefused() {
    submit(job().key("k", "body").build());

    assertThat(submit(job().key("k", "another").build())).isEqualTo(new KeyReused());
    assertThat(jobs()).isEqualTo(1);
  }

  @Test
  void keysOfTwoTenantsAreTwoKeys() {
    submit(job().key("k", "body").build());

    assertThat(submit(job().tenant(2).key("k", "another").build())).isInstanceOf(Created.class);
  }

  @Test
  void withinOneBatchTheFirstOfAKeyWins() {
    var first = job().key("k", "body").build();

    var fates =
        stores
            .submissions()
            .submit(
                List.of(
                    job().build(),
                    first,
                    job().key("k", "body").build(),
                    job().key("k", "another").build(),
                    job().key("other", "another").build()));

    assertThat(fates.get(0)).isInstanceOf(Created.class);
    assertThat(fates.get(1)).isInstanceOf(Created.class);
    assertThat(fates.get(2)).isEqualTo(new Replayed(first.id()));
    assertThat(fates.get(3)).isEqualTo(new KeyReused());
    assertThat(fates.get(4)).isInstanceOf(Created.class);
    assertThat(jobs()).isEqualTo(3);
  }

  @Test
  void aKeyIsFreeAgainAfterADay() {
    submit(job().key("k", "body").build());
    age("23 hours 59 minutes");
    assertThat(submit(job().key("k", "another").build())).isEqualTo(new KeyReused());
    age("24 hours 1 second");

    var second = job().key("k", "another").build();

    assertThat(submit(second)).isInstanceOf(Created.class);
    assertThat(submit(job().key("k", "another").build())).isEqualTo(new Replayed(second.id()));
  }

  @Test
  void aBatchWithOneJobThatCannotBeStoredStoresTheOthers() {
    List<NewJob> batch = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      batch.add(job().build());
    }
    // A NUL, which intake would have refused: text cannot hold it.
    batch.set(17, job().pool("poison\0ed").build());
    try (var commits =
        new GroupCommit<NewJob, Submitted>(
            "test",
            new GroupCommit.Limits(100, 100, Long.MAX_VALUE, 1, Duration.ZERO),
            _ -> 1,
            stores.submissions()::submit)) {
      List<CompletableFuture<Submitted>> fates = batch.stream().map(commits::add).toList();
      for (int i = 0; i < fates.size(); i++) {
        var fate = fates.get(i).handle((stored, failure) -> failure == null).join();
        assertThat(fate).as("job %d", i).isEqualTo(i != 17);
      }
    }
    assertThat(jobs()).isEqualTo(39);
  }

  @ParameterizedTest
  @EnumSource
  void aJobThatNamesNoDeadlineHasItsLanes(Lane lane) {
    var id = job().lane(lane).submit(postgres.database());

    assertThat(time(id, "expires_at"))
        .isEqualTo(time(id, "created_at").plus(lane.defaultLifetime()));
    assertThat(stores.job(id).get("expires_defaulted")).isEqualTo(true);
  }

  @ParameterizedTest
  @EnumSource
  void theDefaultDeadlineCountsFromTheTimeToRun(Lane lane) {
    var runAt = Instant.now().plusSeconds(7_200).truncatedTo(ChronoUnit.MICROS);

    var id = job().lane(lane).runAt(runAt).submit(postgres.database());

    assertThat(time(id, "expires_at")).isEqualTo(runAt.plus(lane.defaultLifetime()));
  }

  @Test
  void aTimeToRunInThePastIsNow() {
    var id = job().runAt(Instant.now().minusSeconds(7_200)).submit(postgres.database());

    assertThat(time(id, "expires_at"))
        .isEqualTo(time(id, "created_at").plus(Lane.STANDARD.defaultLifetime()));
    assertThat(stores.job(id).get("parked_until")).isNull();
    assertThat(stores.releases().queues(10)).hasSize(1);
  }

  @Test
  void aJobOfTheFutureIsParked() {
    var runAt = Instant.now().plusSeconds(7_200).truncatedTo(ChronoUnit.MICROS);

    var id = job().runAt(runAt).submit(postgres.database());

    assertThat(time(id, "parked_until")).isEqualTo(runAt);
    assertThat(time(id, "due_at")).isEqualTo(runAt);
    assertThat(stores.releases().queues(10)).isEmpty();
  }

  @Test
  void aDeadlineOfTheCallersStands() {
    var end = Instant.now().plusSeconds(90).truncatedTo(ChronoUnit.MICROS);

    var fate = (Created) submit(job().expiresAt(end).build());

    assertThat(fate.expiresAt()).isEqualTo(end);
    assertThat(fate.createdAt()).isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
    assertThat(stores.job(fate.id()).get("expires_defaulted")).isEqualTo(false);
  }

  @Test
  void afterALostReplyOneCanAskWhatWasStored() {
    var stored = job().submit(postgres.database());
    var never = job().build().id();

    assertThat(stores.submissions().stored(List.of(never, stored))).containsExactly(stored);
  }

  private Submitted submit(NewJob job) {
    return stores.submissions().submit(List.of(job)).getFirst();
  }

  private void age(String by) {
    postgres
        .database()
        .dsl()
        .execute("update idempotency_key set created_at = now() - interval '" + by + "'");
  }

  private int jobs() {
    return postgres.database().dsl().fetchSingle("select count(*) from job").get(0, Integer.class);
  }

  private Instant time(JobId id, String column) {
    return stores.job(id).get(column, OffsetDateTime.class).toInstant();
  }
}
