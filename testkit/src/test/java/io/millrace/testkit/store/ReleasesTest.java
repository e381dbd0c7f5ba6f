package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.db.job.Releases;
import io.millrace.db.job.Releases.Pick;
import io.millrace.db.job.Releases.Queue;
import io.millrace.db.job.Releases.Released;
import io.millrace.db.job.Releases.Ripened;
import io.millrace.job.JobId;
import io.millrace.job.Lane;
import io.millrace.job.ReleasedJob;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ReleasesTest {

  private static final Duration SWEEP = Duration.ofMinutes(1);
  private static final Queue FIRST = new Queue("haiku-5.5", Lane.STANDARD, 1);

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private Stores stores;
  private Releases releases;

  @BeforeEach
  void openStores() {
    stores = Stores.on(postgres.database());
    releases = stores.releases();
  }

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void theEarliestDeadlineGoesFirst() {
    var now = Instant.now();
    var late = job().expiresAt(now.plusSeconds(900)).submit(postgres.database());
    var early = job().expiresAt(now.plusSeconds(300)).submit(postgres.database());
    var middle = job().expiresAt(now.plusSeconds(600)).submit(postgres.database());

    assertThat(ids(release(2))).containsExactly(early, middle);
    assertThat(ids(release(2))).containsExactly(late);
    assertThat(release(2)).isEmpty();
  }

  @Test
  void queuesAreReleasedInTheOrderOfThePicks() {
    var other = new Queue("haiku-5.5", Lane.STANDARD, 2);
    job().submit(postgres.database(), 2);
    job().tenant(2).submit(postgres.database(), 2);

    var let = releases.release(List.of(new Pick(other, 5), new Pick(FIRST, 5)), SWEEP);

    assertThat(let).extracting(Released::queue).containsExactly(other, other, FIRST, FIRST);
  }

  @Test
  void everyQueueIsFoundOnceHoweverManyJobsItHas() {
    List<Queue> expected = new ArrayList<>();
    for (String pool : List.of("haiku-5.5", "opus-5.5")) {
      for (Lane lane : Lane.values()) {
        for (int tenant = 1; tenant <= 60; tenant++) {
          job().pool(pool).lane(lane).tenant(tenant).submit(postgres.database(), 1 + tenant % 4);
          expected.add(new Queue(pool, lane, tenant));
        }
      }
    }

    assertThat(releases.queues(10_000)).containsExactlyElementsOf(expected);
    assertThat(releases.queues(7)).containsExactlyElementsOf(expected.subList(0, 7));
  }

  @Test
  void thereAreNoQueuesWhereNothingIsReady() {
    job().runAt(Instant.now().plusSeconds(60)).submit(postgres.database());

    assertThat(releases.queues(10)).isEmpty();
  }

  @Test
  void aReleasedJobIsMarkedAndCounted() {
    var id = job().submit(postgres.database());

    var let = release(1).getFirst();

    assertThat(let.job()).isEqualTo(new ReleasedJob(id, 0));
    assertThat(let.maxOutput()).isEqualTo(64);
    assertThat(stores.job(id).get("released_at")).isNotNull();
    assertThat(releases.outstanding())
        .extracting(Releases.Outstanding::pool, Releases.Outstanding::jobs)
        .containsExactly(tuple("haiku-5.5", 1));
    stores.claim(stores.worker(), id);
    assertThat(releases.outstanding()).isEmpty();
  }

  @Test
  void whatIsDueRipens() {
    var id = job().runAt(Instant.now().plusSeconds(60)).submit(postgres.database());
    assertThat(releases.ripen(10)).isEqualTo(new Ripened(0, 0));

    stores.shift(id, "parked_until", Duration.ofMinutes(-2));

    assertThat(releases.ripen(10)).isEqualTo(new Ripened(1, 0));
    assertThat(releases.queues(10)).containsExactly(FIRST);
    assertThat(releases.ripen(10)).isEqualTo(new Ripened(0, 0));
  }

  @Test
  void whatWasReleasedAndNotClaimedInTimeRipens() {
    var id = job().submit(postgres.database());
    release(1);
    assertThat(releases.ripen(10)).isEqualTo(new Ripened(0, 0));

    stores.shift(id, "parked_until", SWEEP.negated());

    assertThat(releases.ripen(10)).isEqualTo(new Ripened(0, 1));
    assertThat(ids(release(1))).containsExactly(id);
  }

  @Test
  void ripeningIsBounded() {
    job().submit(postgres.database(), 5);
    release(5);
    postgres.database().dsl().execute("update job set parked_until = now() - interval '1 s'");

    assertThat(releases.ripen(2)).isEqualTo(new Ripened(0, 2));
  }

  @Test
  void aJobWhoseRecordWasNotTakenIsReadyAgain() {
    var id = job().submit(postgres.database());
    var waiting = job().runAt(Instant.now().plusSeconds(60)).submit(postgres.database());
    release(1);

    assertThat(releases.takeBack(List.of(id, id, waiting, job().build().id()))).isEqualTo(1);

    assertThat(ids(release(5))).containsExactly(id);
  }

  @Test
  void aJobThatWasClaimedIsNotTakenBack() {
    var id = job().submit(postgres.database());
    release(1);
    stores.claim(stores.worker(), id);

    assertThat(releases.takeBack(List.of(id))).isZero();
  }

  @Test
  void twoDispatchersAtOnceReleaseEachJobOnce() throws Exception {
    var ids = job().submit(postgres.database(), 1_000);
    Callable<List<Released>> dispatcher =
        () -> {
          List<Released> let = new ArrayList<>();
          List<Released> round;
          do {
            round = release(37);
            let.addAll(round);
          } while (!round.isEmpty());
          return let;
        };
    List<Released> let = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (var result :
          threads.invokeAll(List.of(dispatcher, dispatcher, dispatcher, dispatcher))) {
        let.addAll(result.get());
      }
    }
    // Where each passed over what the other had under its lock.
    let.addAll(release(1_000));

    assertThat(ids(let)).containsExactlyInAnyOrderElementsOf(ids);
  }

  private List<Released> release(int jobs) {
    return releases.release(List.of(new Pick(FIRST, jobs)), SWEEP);
  }

  private static List<JobId> ids(List<Released> released) {
    return released.stream().map(let -> let.job().id()).toList();
  }
}
