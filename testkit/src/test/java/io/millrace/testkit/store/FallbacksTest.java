package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.job.Fallbacks;
import io.millrace.db.job.Fallbacks.Candidate;
import io.millrace.db.job.Fallbacks.Move;
import io.millrace.db.job.Fallbacks.Reason;
import io.millrace.db.job.Fallbacks.Slow;
import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.Releases.Pick;
import io.millrace.db.job.Releases.Queue;
import io.millrace.job.JobId;
import io.millrace.job.Lane;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.JobFixture;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class FallbacksTest {

  private static final String POOL = "haiku-5.5";

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private Stores stores;
  private Fallbacks fallbacks;

  @BeforeEach
  void openStores() {
    stores = Stores.on(postgres.database());
    fallbacks = new Fallbacks(postgres.database());
  }

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void onlyReadyJobsThatNameFallbacksAreCandidates() {
    var ready = flexible().submit(postgres.database());
    job().submit(postgres.database());
    flexible().pool("opus-5.5").submit(postgres.database());
    flexible().runAt(Instant.now().plusSeconds(60)).submit(postgres.database());
    stores.claimed(flexible());

    assertThat(candidates(null)).extracting(Candidate::id).containsExactly(ready);
    assertThat(candidates(null).getFirst().models()).containsExactly("sonnet", "opus");

    stores.releases().release(List.of(pick()), Duration.ofMinutes(1));
    assertThat(candidates(null)).isEmpty();
  }

  @Test
  void candidatesAreWalkedByDeadlineAStepAtATime() {
    var now = Instant.now();
    var late = flexible().expiresAt(now.plusSeconds(900)).submit(postgres.database());
    var early = flexible().expiresAt(now.plusSeconds(20)).submit(postgres.database());
    var middle = flexible().expiresAt(now.plusSeconds(600)).submit(postgres.database());

    var two = fallbacks.candidates(POOL, null, null, 2);
    assertThat(two).extracting(Candidate::id).containsExactly(early, middle);
    assertThat(fallbacks.candidates(POOL, two.getLast(), null, 2))
        .extracting(Candidate::id)
        .containsExactly(late);

    assertThat(fallbacks.candidates(POOL, null, Duration.ofSeconds(30), 9))
        .extracting(Candidate::id)
        .containsExactly(early);
  }

  @Test
  void aMovedJobIsOfTheOtherPoolAndTellsWhatWasAskedFor() {
    var id = flexible().submit(postgres.database());

    assertThat(move(POOL, new Move(id, "sonnet", "sonnet-5.5", 1), Reason.CIRCUIT_OPEN)).isOne();

    assertThat(view(id).model()).isEqualTo("claude-haiku-5-5");
    assertThat(view(id).fallback()).isEqualTo(new JobView.Fallback("sonnet", "circuit_open"));
    var held = stores.claim(stores.worker(), id);
    assertThat(held.model()).isEqualTo("sonnet");
    assertThat(held.pool()).isEqualTo("sonnet-5.5");
    assertThat(held.rerouted()).isTrue();
    assertThat(held.lane()).isEqualTo(Lane.STANDARD);
  }

  @Test
  void whatWasAskedForIsKeptThroughEveryMove() {
    var id = flexible().submit(postgres.database());
    move(POOL, new Move(id, "sonnet", "sonnet-5.5", 1), Reason.CIRCUIT_OPEN);

    assertThat(fallbacks.candidates("sonnet-5.5", null, null, 9).getFirst().models())
        .containsExactly("opus");
    assertThat(move("sonnet-5.5", new Move(id, "opus", "opus-5.5", 1), Reason.PAUSED)).isOne();

    assertThat(view(id).model()).isEqualTo("claude-haiku-5-5");
    assertThat(view(id).fallback()).isEqualTo(new JobView.Fallback("opus", "paused"));
    assertThat(stores.job(id).get("requested_pool")).isEqualTo(POOL);
    assertThat(fallbacks.candidates("opus-5.5", null, null, 9)).isEmpty();
  }

  @Test
  void aJobThatIsNoLongerReadyStaysWhereItIs() {
    var held = stores.claimed(flexible());
    var canceled = flexible().submit(postgres.database());
    stores.cancel(canceled);
    var elsewhere = flexible().pool("opus-5.5").submit(postgres.database());

    for (JobId id : List.of(held.id(), canceled, elsewhere)) {
      assertThat(move(POOL, new Move(id, "sonnet", "sonnet-5.5", 1), Reason.PAUSED)).isZero();
      assertThat(view(id).fallback()).isNull();
    }
  }

  @Test
  void aReplayGoesBackToWhatWasAskedFor() {
    var id = flexible().submit(postgres.database());
    move(POOL, new Move(id, "opus", "opus-5.5", 2), Reason.DEADLINE);
    stores.cancel(id);
    stores.replay(id);

    assertThat(view(id).fallback()).isNull();
    assertThat(view(id).model()).isEqualTo("claude-haiku-5-5");
    var candidate = candidates(null).getFirst();
    assertThat(candidate.id()).isEqualTo(id);
    assertThat(candidate.models()).containsExactly("sonnet", "opus");

    var plain = job().submit(postgres.database());
    stores.cancel(plain);
    stores.replay(plain);
    assertThat(candidates(null)).hasSize(1);
  }

  @Test
  void poolsWhereJobsWaitForTheRateAreSlow() {
    job().submit(postgres.database(), 3);
    flexible().submit(postgres.database());
    job().pool("opus-5.5").submit(postgres.database(), 3);
    for (String pool : List.of(POOL, "opus-5.5", "idle")) {
      postgres
          .database()
          .dsl()
          .execute(
              """
              insert into rate_pool (pool, at, limits, told, heard, deficit, burst, burst_cap, burst_grown_at, others,
                typical, starts, waits_for)
              values (?, now(), '{}', '{}', true, '{}', '{}', '{}', now(), '{}', '{}', 2, 'requests')
              """,
              pool);
    }

    assertThat(fallbacks.slow())
        .containsExactlyInAnyOrder(
            new Slow(POOL, 2, 4), new Slow("opus-5.5", 2, 0), new Slow("idle", 2, 0));

    postgres.database().dsl().execute("update rate_pool set waits_for = null");
    assertThat(fallbacks.slow()).isEmpty();
  }

  private static JobFixture flexible() {
    return job().fallbacks("sonnet", "opus");
  }

  private List<Candidate> candidates(Candidate after) {
    return fallbacks.candidates(POOL, after, null, 100);
  }

  private int move(String from, Move move, Reason reason) {
    return fallbacks.move(from, List.of(move), reason);
  }

  private Pick pick() {
    return new Pick(new Queue(POOL, Lane.STANDARD, 1), 10);
  }

  private JobView view(JobId id) {
    return new JobViews(postgres.database()).find(1, id).orElseThrow();
  }
}
