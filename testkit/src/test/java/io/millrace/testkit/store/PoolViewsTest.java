package io.millrace.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.millrace.db.limit.PoolPause;
import io.millrace.db.limit.PoolPauses;
import io.millrace.db.limit.PoolView;
import io.millrace.db.limit.PoolView.Rate;
import io.millrace.db.limit.PoolViews;
import io.millrace.rate.Dimension;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is shown of a pool, from what the workers' draws left. */
class PoolViewsTest {

  private static final String POOL = "haiku-5.5";

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private PoolViews views;

  @BeforeEach
  void open() {
    views = new PoolViews(postgres.database());
  }

  @Test
  void nothingIsKnownOfAPoolThatWasNotUsed() {
    assertThat(views.all()).isEmpty();
    assertThat(views.rates(List.of(POOL))).isEmpty();
    assertThat(views.rates(List.of())).isEmpty();
  }

  @Test
  void aPauseIsShownWithoutAnyDraw() {
    new PoolPauses(postgres.database()).pause(POOL, "maintenance");

    PoolView view = views.all().get(POOL);

    assertThat(view.rate()).isNull();
    assertThat(view.pauses()).extracting(PoolPause::reason).containsExactly("maintenance");
  }

  @Test
  void whatWasUsedRefillsWithTime() {
    drawn("now() - interval '10 s'", "'{60,null,6000}'", "'{15,0,500}'", null, null);

    Rate rate = rate();

    assertThat(rate.bucket(Dimension.REQUESTS).limit()).isEqualTo(60);
    assertThat(rate.bucket(Dimension.REQUESTS).used()).isCloseTo(5, within(0.5));
    assertThat(rate.bucket(Dimension.INPUT_TOKENS).limit()).isNull();
    assertThat(rate.bucket(Dimension.INPUT_TOKENS).used()).isZero();
    assertThat(rate.bucket(Dimension.OUTPUT_TOKENS).used()).isZero();
    assertThat(rate.starts()).isCloseTo(2.5 / Math.E, within(0.1));
  }

  @Test
  void aJobIsHeldByWhatTheFirstInLineWaitsFor() {
    drawn("now()", "'{60,null,6000}'", "'{0,0,0}'", "output_tokens", null);
    assertThat(rate().binding()).hasValue(Dimension.OUTPUT_TOKENS);

    drawn("now()", "'{60,null,6000}'", "'{0,0,0}'", "concurrent_calls", null);
    assertThat(rate().binding()).hasValue(Dimension.REQUESTS);
    assertThat(rate().line()).hasValue("concurrent_calls");

    drawn("now() - interval '1 h'", "'{60,null,6000}'", "'{0,0,0}'", "output_tokens", null);
    assertThat(rate().binding()).isEmpty();
    assertThat(rate().line()).isEmpty();
    assertThat(rate().pace()).isEmpty();
  }

  @Test
  void thePaceIsWhatTheBindingLimitLeavesElseWhatItWasLately() {
    // Six thousand tokens a minute, fifty a job.
    drawn("now()", "'{60,null,6000}'", "'{0,0,0}'", "output_tokens", null);
    assertThat(rate().pace()).hasValue(2.0);

    drawn("now()", "'{60,null,6000}'", "'{0,0,0}'", "concurrent_calls", null);
    assertThat(rate().pace().orElseThrow()).isCloseTo(2.5, within(0.1));

    drawn("now()", "'{60,null,6000}'", "'{0,0,0}'", null, null);
    assertThat(rate().pace().orElseThrow()).isCloseTo(2.5, within(0.1));
  }

  @Test
  void aJobThatDoesNotFitIsHeldAlthoughNobodyStandsInLine() {
    drawn("now()", "'{60,null,6000}'", "'{1,0,0}'", null, null);
    assertThat(rate().binding()).isEmpty();

    drawn("now()", "'{60,null,6000}'", "'{1.8,0,0}'", null, null);
    assertThat(rate().binding()).hasValue(Dimension.REQUESTS);
  }

  @Test
  void aBlockHoldsUntilItsTimeHasCome() {
    drawn("now()", "'{60,null,6000}'", "'{0,0,0}'", null, "now() + interval '9 s'");
    assertThat(rate().isBlocked()).isTrue();
    assertThat(rate().binding()).hasValue(Dimension.INPUT_TOKENS);

    drawn("now()", "'{60,null,6000}'", "'{0,0,0}'", null, "now() - interval '1 s'");
    assertThat(rate().isBlocked()).isFalse();
    assertThat(rate().binding()).isEmpty();
  }

  @Test
  void aJobLargerThanTheBurstFitsIntoAnEmptyBucketOnly() {
    drawn("now()", "'{60,null,6000}'", "'{0,0,0}'", null, null);
    postgres.database().dsl().execute("update rate_pool set typical = '{1,100,5000}'");
    assertThat(rate().binding()).isEmpty();

    drawn("now()", "'{60,null,6000}'", "'{0,0,300}'", null, null);
    assertThat(rate().binding()).hasValue(Dimension.OUTPUT_TOKENS);
  }

  @Test
  void theWorkersNeedsAreAddedUpWithoutThoseThatAreGone() {
    wants("now()", "'{1,2,3}'");
    wants("now() - interval '3 s'", "'{0,1,0}'");
    wants("now() - interval '1 h'", "'{100,100,100}'");

    var demand = views.all().get(POOL).demand();

    assertThat(demand.workers()).isEqualTo(2);
    assertThat(demand.calls()).isEqualTo(14);
    assertThat(demand.waiting()).containsExactly(1, 3, 3);
  }

  @Test
  void aPauseByHandIsNeverProbed() {
    var pauses = new PoolPauses(postgres.database());
    pauses.pause(POOL, "maintenance");
    pauses.fault(POOL, "billing_error", Duration.ZERO);

    assertThat(views.all().get(POOL).pauses())
        .extracting(pause -> pause.kind().wireName(), pause -> pause.probeAt() != null)
        .containsExactlyInAnyOrder(tuple("manual", false), tuple("platform", true));
  }

  private Rate rate() {
    assertThat(views.rates(List.of("another"))).isEmpty();
    var rate = views.rates(List.of(POOL)).get(POOL);
    assertThat(views.all().get(POOL).rate().buckets().keySet()).isEqualTo(rate.buckets().keySet());
    return rate;
  }

  private void drawn(
      String at, String limits, String deficit, String waitsFor, String blockedUntil) {
    postgres
        .database()
        .dsl()
        .execute(
            """
            insert into rate_pool (pool, at, limits, told, heard, deficit, burst, burst_cap, burst_grown_at, others,
              typical, starts, blocked_until, blocked_by, waits_for)
            values ('%s', %s, %s, '{60,null,null}', true, %s, '{2,null,600}', '{null,null,null}', now(), '{0,0,0}',
              '{1,100,50}', 2.5, %s, 'input_tokens', %s)
            on conflict (pool) do update set at = excluded.at, deficit = excluded.deficit,
              blocked_until = excluded.blocked_until, waits_for = excluded.waits_for
            """
                .formatted(
                    POOL,
                    at,
                    limits,
                    deficit,
                    blockedUntil == null ? "null" : blockedUntil,
                    waitsFor == null ? "null" : "'" + waitsFor + "'"));
  }

  private void wants(String at, String waiting) {
    postgres
        .database()
        .dsl()
        .execute(
            """
            insert into rate_share (pool, worker_id, at, calls, waiting, line_rank, line_turn, line_input,
              line_output, forecast)
            values ('%s', '%s', %s, 7, %s, '{}', '{}', '{}', '{}', '{}')
            """
                .formatted(POOL, UUID.randomUUID(), at, waiting));
  }
}
