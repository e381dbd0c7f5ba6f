package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Claims.Fence;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.ReleasedJob;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.PostgresExtension;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ClaimsTest {

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
  void ofEightWorkersWithTheSameRecordsExactlyOneGetsEach() throws Exception {
    var ids = job().submit(postgres.database(), 400);
    List<Callable<List<Claimed>>> workers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      var worker = stores.worker();
      List<ReleasedJob> records = new ArrayList<>(ids.stream().map(ClaimsTest::first).toList());
      Collections.shuffle(records, new Random(i));
      workers.add(() -> claimInParts(worker, records));
    }
    List<Claimed> claimed = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(8)) {
      for (var result : threads.invokeAll(workers)) {
        claimed.addAll(result.get());
      }
    }
    // A worker passes over what another has under its lock; the sweep invites to what that left.
    var rest = stores.worker();
    claimed.addAll(claimInParts(rest, ids.stream().map(ClaimsTest::first).toList()));

    assertThat(claimed).extracting(Claimed::id).containsExactlyInAnyOrderElementsOf(ids);
    for (Claimed job : claimed) {
      assertThat(stores.job(job.id()).get("worker_id")).isEqualTo(job.fence().workerId());
      assertThat(stores.job(job.id()).get("claim_no")).isEqualTo(1);
    }
  }

  @Test
  void aRecordThatComesTwiceIsOneClaim() {
    var id = job().submit(postgres.database());

    assertThat(claim(first(id), first(id), first(id))).hasSize(1);
    assertThat(claim(first(id))).isEmpty();
  }

  @Test
  void aRecordOfAnotherClaimInvitesToNothing() {
    var id = job().submit(postgres.database());

    assertThat(claim(new ReleasedJob(id, 1), new ReleasedJob(id, 7))).isEmpty();
    assertThat(claim(first(id))).hasSize(1);
  }

  @Test
  void aRecordOfAnEarlierClaimInvitesToNothing() {
    var job = stores.claimed(job());
    stores.settle(job, null, new Requeue(Duration.ZERO));
    stores.ripen(job.id());

    assertThat(claim(first(job.id()))).isEmpty();
    assertThat(claim(new ReleasedJob(job.id(), 1))).hasSize(1);
  }

  @Test
  void aJobIsNotClaimedBeforeItIsDue() {
    var id = job().runAt(Instant.now().plusSeconds(3600)).submit(postgres.database());
    assertThat(claim(first(id))).isEmpty();

    stores.shift(id, "due_at", Duration.ofHours(-2));

    assertThat(claim(first(id))).hasSize(1);
  }

  @Test
  void aJobIsNotClaimedPastItsDeadline() {
    var id = job().submit(postgres.database());
    stores.shift(id, "expires_at", Duration.ofDays(-2));

    assertThat(claim(first(id))).isEmpty();
    assertThat(stores.state(id)).isEqualTo(JobState.QUEUED);
  }

  @Test
  void aCanceledJobIsNotClaimed() {
    var id = job().submit(postgres.database());
    stores.cancel(id);

    assertThat(claim(first(id))).isEmpty();
  }

  @Test
  void aWorkerThatIsLostOrUnknownClaimsNothing() {
    var id = job().submit(postgres.database());
    var lost = stores.worker();
    var beat = stores.workers().all().getFirst().heartbeatAt();
    assertThat(stores.workers().declareLost(lost, beat)).isTrue();

    assertThat(stores.claims().claim(lost, List.of(first(id)), List.of())).isEmpty();
    assertThat(stores.claims().claim(UUID.randomUUID(), List.of(first(id)), List.of())).isEmpty();
  }

  @Test
  void aWorkerThatBeatSinceItWasLookedAtIsNotLost() {
    var worker = stores.worker();
    var seen = stores.workers().all().getFirst().heartbeatAt();
    assertThat(stores.workers().heartbeat(worker, 3, false)).isTrue();

    assertThat(stores.workers().declareLost(worker, seen)).isFalse();
    assertThat(stores.workers().heartbeat(worker, 3, false)).isTrue();
  }

  @Test
  void aClaimSaysWhatTheCallNeeds() {
    var id =
        job()
            .tenant(7)
            .maxAttempts(3)
            .timeout(Duration.ofSeconds(42))
            .failOnAmbiguous()
            .expiresAt(Instant.now().plusSeconds(600))
            .submit(postgres.database());

    var job = claim(first(id)).getFirst();

    assertThat(job.tenantId()).isEqualTo(7);
    assertThat(job.maxAttempts()).isEqualTo(3);
    assertThat(job.timeout()).isEqualTo(Duration.ofSeconds(42));
    assertThat(job.retryAmbiguous()).isFalse();
    assertThat(job.untilExpiry()).isBetween(Duration.ofSeconds(500), Duration.ofSeconds(600));
    assertThat(job.sending()).isTrue();
    assertThat(job.attempts()).isZero();
    var payload = stores.claims().payloads(List.of(id, unknown())).get(id);
    assertThat(payload.params()).hasSize(job.paramsBytes());
    assertThat(new String(payload.params(), StandardCharsets.UTF_8)).contains("Say hello.");
  }

  @Test
  void aClaimClearsTheDispatchersMark() {
    var id = job().submit(postgres.database());
    stores.database().dsl().execute("update job set released_at = now(), parked_until = now()");

    claim(first(id));

    assertThat(stores.job(id).get("released_at")).isNull();
    assertThat(stores.job(id).get("parked_until")).isNull();
    assertThat(stores.job(id).get("started_at")).isNotNull();
  }

  @Test
  void jobsOfACongestedPoolAreClaimedAsNotSending() {
    var congested = job().pool("slow").submit(postgres.database());
    var free = job().pool("fast").submit(postgres.database());

    var claimed =
        stores
            .claims()
            .claim(stores.worker(), List.of(first(congested), first(free)), List.of("slow"));

    assertThat(claimed).hasSize(2);
    for (Claimed job : claimed) {
      assertThat(job.sending()).isEqualTo(job.pool().equals("fast"));
      assertThat(stores.job(job.id()).get("sending")).isEqualTo(job.sending());
    }
  }

  @Test
  void onlyWhoHoldsAJobMaySend() {
    var held = stores.claimed(job());
    var givenBack = stores.claimed(job());
    stores.settle(givenBack, null, new Requeue(Duration.ZERO));
    var canceled = stores.claimed(job());
    stores.cancel(canceled.id());
    var stale = new Fence(held.id(), 0, held.fence().workerId());

    var marked = mark(held.fence(), givenBack.fence(), canceled.fence());

    assertThat(marked).containsExactly(held.id());
    assertThat(mark(stale)).isEmpty();
  }

  private Collection<JobId> mark(Fence... fences) {
    return stores.claims().markSending(List.of(fences));
  }

  private List<Claimed> claim(ReleasedJob... records) {
    return stores.claims().claim(stores.worker(), List.of(records), List.of());
  }

  private List<Claimed> claimInParts(UUID worker, List<ReleasedJob> records) {
    List<Claimed> claimed = new ArrayList<>();
    for (int i = 0; i < records.size(); i += 50) {
      claimed.addAll(
          stores
              .claims()
              .claim(worker, records.subList(i, Math.min(records.size(), i + 50)), List.of()));
    }
    return claimed;
  }

  private static JobId unknown() {
    return job().build().id();
  }

  private static ReleasedJob first(JobId id) {
    return new ReleasedJob(id, 0);
  }
}
