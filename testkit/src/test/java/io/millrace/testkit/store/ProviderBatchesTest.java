package io.millrace.testkit.store;

import static io.millrace.testkit.BatchFixture.batch;
import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.batch.Gathering;
import io.millrace.db.batch.Gathering.Terms;
import io.millrace.db.batch.ProviderBatch;
import io.millrace.db.batch.ProviderBatches;
import io.millrace.db.batch.ProviderItems;
import io.millrace.db.batch.ProviderState;
import io.millrace.db.job.HeldJobs.Held;
import io.millrace.db.job.Settlement;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ProviderBatchesTest {

  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Terms AT_ONCE = new Terms(1_000, 1 << 30, Duration.ZERO, 200_000);
  private static final Requeue AGAIN = new Requeue(Duration.ZERO);

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private final UUID driver = UUID.randomUUID();
  private Stores stores;
  private Gathering gathering;
  private ProviderBatches batches;
  private ProviderItems items;

  @BeforeEach
  void openStores() {
    stores = Stores.on(postgres.database());
    gathering = new Gathering(postgres.database());
    batches = new ProviderBatches(postgres.database());
    items = new ProviderItems(postgres.database());
  }

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void itemsThatWaitAreGatheredAndHeld() {
    var ids = batch(3).submit(postgres.database()).items();

    var gathered = gather(AT_ONCE).orElseThrow();

    assertThat(gathered.items()).isEqualTo(3);
    for (JobId id : ids) {
      assertThat(stores.state(id)).isEqualTo(JobState.RUNNING);
      assertThat(stores.job(id).get("worker_id")).isEqualTo(gathered.id());
      assertThat(stores.job(id).get("sending")).isEqualTo(false);
      assertThat(stores.job(id).get("claim_no")).isEqualTo(1);
    }
    assertThat(stores.held().strangers()).isEmpty();
    assertThat(gather(AT_ONCE)).isEmpty();
  }

  @Test
  void aGroupIsGatheredWhenItIsFullOrHasWaited() {
    batch(5).submit(postgres.database());

    assertThat(gather(new Terms(6, 1 << 30, Duration.ofHours(1), 1_000))).isEmpty();
    assertThat(gather(new Terms(5, 1 << 30, Duration.ofHours(1), 1_000)))
        .hasValueSatisfying(full -> assertThat(full.items()).isEqualTo(5));
    batch(2).submit(postgres.database());
    assertThat(gather(new Terms(9, 300, Duration.ofHours(1), 1_000)))
        .hasValueSatisfying(full -> assertThat(full.items()).isEqualTo(1));
    assertThat(gather(new Terms(9, 1 << 30, Duration.ZERO, 1_000)))
        .hasValueSatisfying(rest -> assertThat(rest.items()).isEqualTo(1));
  }

  @Test
  void versionsAndCallersThatDoNotFitAreLeftOut() {
    batch(2).version("2023-06-01").submit(postgres.database());
    batch(2).submit(postgres.database());
    var plain = job().submit(postgres.database());
    var later = batch(1).each(j -> j.runAt(java.time.Instant.now().plusSeconds(3_600)));
    later.submit(postgres.database());
    batch(1).expiresIn(Duration.ofMillis(-1)).submit(postgres.database());
    batch(1).auto(Duration.ofMillis(-1)).submit(postgres.database());
    batch(1).each(j -> j.pool("closed")).submit(postgres.database());
    new io.millrace.db.limit.PoolPauses(postgres.database()).pause("closed", "test");

    assertThat(gather(AT_ONCE).orElseThrow().items()).isEqualTo(2);
    assertThat(gather(AT_ONCE).orElseThrow().items()).isEqualTo(2);
    assertThat(gather(AT_ONCE)).isEmpty();
    assertThat(stores.state(plain)).isEqualTo(JobState.QUEUED);
  }

  @Test
  void noMoreIsEnqueuedThanTheAccountMay() {
    batch(5).submit(postgres.database());
    var four = new Terms(3, 1 << 30, Duration.ZERO, 4);

    assertThat(gather(four).orElseThrow().items()).isEqualTo(3);
    assertThat(gather(four)).isEmpty();
    postgres.database().dsl().execute("update provider_batch set state = 'ended'");
    postgres.database().dsl().execute("update job set sending = true where state = 'running'");
    assertThat(gather(four).orElseThrow().items()).isEqualTo(2);
  }

  @Test
  void twoWhoGatherTearNothingApart() throws Exception {
    batch(200).submit(postgres.database());
    Callable<Optional<Gathering.Gathered>> gather =
        () -> gather(new Terms(50, 1 << 30, Duration.ZERO, 1_000));

    int sum = 0;
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (int round = 0; round < 4; round++) {
        for (var future : threads.invokeAll(List.of(gather, gather, gather))) {
          sum += future.get().map(Gathering.Gathered::items).orElse(0);
        }
      }
    }

    assertThat(sum).isEqualTo(200);
    assertThat(postgres.database().dsl().fetch("select items from provider_batch").getValues(0))
        .allMatch(items -> items.equals(50));
  }

  @Test
  void onlyWhoHasTheLeaseGoesOn() {
    var first = taken(2);
    assertThat(batches.take(UUID.randomUUID(), 9, LEASE)).isEmpty();
    assertThat(batches.extend(driver, Map.of(first.id(), first.driveNo()), LEASE))
        .containsExactly(first.id());
    over(first);
    var second = batches.take(UUID.randomUUID(), 9, LEASE).getFirst();

    assertThat(batches.extend(driver, Map.of(first.id(), first.driveNo()), LEASE)).isEmpty();
    assertThat(items.beginSending(first)).isEmpty();
    assertThat(batches.pause(first, Duration.ZERO)).isFalse();
    assertThat(batches.lost(first, false, "x", Duration.ZERO)).isFalse();
    assertThat(items.split(first, UUID.randomUUID())).isZero();
    assertThat(items.beginSending(second)).isPresent();
  }

  @Test
  void aStepGivesTheLeaseUp() {
    var batch = taken(1);

    assertThat(batches.pause(batch, Duration.ZERO)).isTrue();

    assertThat(batches.pause(batch, Duration.ZERO)).isFalse();
    assertThat(batches.take(driver, 1, LEASE)).hasSize(1);
  }

  @Test
  void aReplyThatComesLateIsBelieved() {
    var late = taken(1);
    items.beginSending(late);
    over(late);
    var other = batches.take(UUID.randomUUID(), 1, LEASE).getFirst();
    assertThat(other.state()).isEqualTo(ProviderState.SENDING);
    batches.lost(other, false, "lease_lost", Duration.ZERO);

    assertThat(batches.taken(late, "msgbatch_1", null, Duration.ZERO)).isTrue();

    var known = batches.take(driver, 1, LEASE).getFirst();
    assertThat(known.state()).isEqualTo(ProviderState.PROCESSING);
    assertThat(known.providerId()).isEqualTo("msgbatch_1");
    assertThat(known.proven()).isTrue();
    assertThat(batches.taken(late, "msgbatch_2", null, Duration.ZERO)).isFalse();
  }

  @Test
  void whatWasAdoptedWronglyIsNotAdoptedAgain() {
    var batch = taken(1);
    items.beginSending(batch);
    batches.lost(batch, false, "x", Duration.ZERO);
    batch = batches.take(driver, 1, LEASE).getFirst();
    batches.adopt(batch, "msgbatch_1", Duration.ZERO);
    batch = batches.take(driver, 1, LEASE).getFirst();
    assertThat(batch.proven()).isFalse();

    batches.disprove(batch, Duration.ZERO);

    batch = batches.take(driver, 1, LEASE).getFirst();
    assertThat(batch.state()).isEqualTo(ProviderState.LOST);
    assertThat(batch.providerId()).isNull();
    assertThat(batch.strangers()).containsExactly("msgbatch_1");
    assertThat(batch.lostFor()).isNotNull();
  }

  @Test
  void anItemLeavesWithARowExactlyIfItWasSent() {
    var batch = taken(2);
    var unsent = held(batch);
    items.beginSending(batch);
    var sent = held(batch);

    // Seen before it was sent: no row was to be written, and one is needed.
    assertThat(settle(unsent.getFirst(), null, AGAIN)).isFalse();
    assertThat(settle(sent.getFirst(), Calls.presumed(sent.getFirst().job()), AGAIN)).isTrue();
    batches.lost(batch, false, "x", Duration.ZERO);
    batch = batches.take(driver, 1, LEASE).getFirst();
    items.notTaken(batch, Duration.ZERO, 529, "overloaded");

    // Seen while it was sent, and it was not taken after all.
    assertThat(settle(sent.getLast(), Calls.presumed(sent.getLast().job()), AGAIN)).isFalse();
    assertThat(settle(held(batch).getFirst(), null, AGAIN)).isTrue();
    assertThat(
            stores.rows("attempt", sent.getFirst().job().id()).getFirst().get("provider_batch_id"))
        .isEqualTo(batch.id());
    assertThat(stores.rows("attempt", sent.getLast().job().id())).isEmpty();
  }

  @Test
  void anItemThatGoesBackWaitsForTheNextBatch() {
    var batch = taken(1);
    var held = held(batch).getFirst();
    settle(held, null, AGAIN);

    stores.releases().ripen(10);
    assertThat(stores.job(held.job().id()).get("parked_until")).isNotNull();
    assertThat(gather(AT_ONCE)).isPresent();
  }

  @Test
  void aHalfHasClaimsOfItsOwn() {
    var batch = taken(5);
    items.beginSending(batch);
    var before = held(batch);
    var other = UUID.randomUUID();

    assertThat(items.split(batch, other)).isEqualTo(2);

    assertThat(items.holding(batch.id()).held()).isEqualTo(3);
    assertThat(items.holding(other).held()).isEqualTo(2);
    var moved = before.getLast();
    assertThat(settle(moved, Calls.presumed(moved.job()), AGAIN)).isFalse();
    assertThat(batches.take(driver, 9, LEASE))
        .hasSize(2)
        .allMatch(half -> half.state() == ProviderState.GATHERED);
  }

  @Test
  void nothingIsSettledThatHoldsSomething() {
    var batch = taken(1);

    assertThat(batches.settle(batch)).isFalse();
    settle(held(batch).getFirst(), null, new Finish(JobState.CANCELED, null, null));
    assertThat(batches.settle(batch)).isTrue();
    assertThat(batches.take(driver, 9, LEASE)).isEmpty();
  }

  @Test
  void itemsGoOnWhenTheirTimeIsOver() {
    batch(1).auto(Duration.ofHours(1)).submit(postgres.database());
    batch(1).submit(postgres.database());
    var batch = takenOf(gather(AT_ONCE).orElseThrow().id());
    assertThat(items.toSwitch(9)).isEmpty();

    postgres
        .database()
        .dsl()
        .execute(
            "update job set batch_until = now() where batch_until < now() + interval '2 hours'");
    items.reschedule(batch.id());

    assertThat(items.toSwitch(9)).isEmpty();
    assertThat(stores.held().toGoOn(batch.id(), 9)).hasSize(1);
  }

  @Test
  void oneThatMustNotBeCalledTwiceWaitsForItsBatch() {
    batch(1).auto(Duration.ofHours(1)).each(j -> j.failOnAmbiguous()).submit(postgres.database());
    batch(1).auto(Duration.ofHours(1)).each(j -> j.maxAttempts(1)).submit(postgres.database());
    var batch = takenOf(gather(AT_ONCE).orElseThrow().id());
    postgres.database().dsl().execute("update job set batch_until = now()");
    assertThat(stores.held().toGoOn(batch.id(), 9)).hasSize(2);

    items.beginSending(batch);

    assertThat(stores.held().toGoOn(batch.id(), 9)).isEmpty();
    postgres.database().dsl().execute("update job set expires_at = now()");
    assertThat(stores.held().toGoOn(batch.id(), 9)).hasSize(2);
  }

  @Test
  void aLateWordIsBookedUnderTheRowThatWasPresumed() {
    var batch = taken(1);
    items.beginSending(batch);
    var item = held(batch).getFirst();
    settle(item, Calls.presumed(item.job()), AGAIN);
    var taken = stores.held().takenFrom(batch.id(), List.of(item.job().id())).getFirst();
    assertThat(taken.presumed()).isTrue();
    assertThat(taken.no()).isEqualTo(1);
    assertThat(taken.job().fence()).isEqualTo(item.job().fence());

    var settled =
        stores.settle(taken.job(), Calls.succeeded(taken.job(), taken.no(), "0.01"), AGAIN);

    assertThat(settled.applied()).isFalse();
    assertThat(stores.held().takenFrom(batch.id(), List.of(item.job().id())).getFirst().presumed())
        .isFalse();
    assertThat(stores.rows("cost", item.job().id())).hasSize(1);
    assertThat(stores.rows("cost", item.job().id()).getFirst().get("kind")).isEqualTo("charged");
  }

  private Optional<Gathering.Gathered> gather(Terms terms) {
    return gathering.gather(UUID.randomUUID(), terms);
  }

  private ProviderBatch taken(int count) {
    batch(count).submit(postgres.database());
    return takenOf(gather(AT_ONCE).orElseThrow().id());
  }

  private ProviderBatch takenOf(UUID id) {
    return batches.take(driver, 9, LEASE).stream()
        .filter(batch -> batch.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private void over(ProviderBatch batch) {
    postgres
        .database()
        .dsl()
        .execute("update provider_batch set due_at = now() where id = ?", batch.id());
  }

  private List<Held> held(ProviderBatch batch) {
    return stores.held().heldBy(batch.id(), 100);
  }

  private boolean settle(Held item, Settlement.Call call, Settlement.Effect effect) {
    return stores.settle(item.job(), call, effect).applied();
  }
}
