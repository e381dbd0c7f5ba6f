package io.millrace.worker.execute;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.call.AbortReason;
import io.millrace.claude.call.Reply;
import io.millrace.telemetry.Metric;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether Claude answers, known from the calls that are made anyway. An error is an answer too; a
 * few calls in a row without one mean that Claude is out of reach.
 */
public final class ClaudeContact {

  private static final int IN_A_ROW = 3;

  private final LongSupplier nanoTime;
  private State state = new State(0, null, null);

  private record State(int silent, @Nullable Long silentSince, @Nullable Long answeredAt) {}

  public ClaudeContact(LongSupplier nanoTime, MeterRegistry meters) {
    this.nanoTime = nanoTime;
    Gauge.builder(Metric.CLAUDE_REACHABLE.meter(), this, self -> self.isLost() ? 0 : 1)
        .register(meters);
  }

  /** A call ended; one that we stopped ourselves says nothing. */
  void saw(Reply reply, @Nullable AbortReason abort) {
    boolean said = reply instanceof Reply.Broken broken && broken.error() != null;
    if (said || reply instanceof Reply.Answered) {
      answered();
    } else if (abort == null || abort == AbortReason.TIMEOUT) {
      silent();
    }
  }

  /** Claude answered, whatever it said. */
  public synchronized void answered() {
    state = new State(0, null, nanoTime.getAsLong());
  }

  /** A call or a probe got no answer. */
  public synchronized void silent() {
    var since = state.silentSince();
    state =
        new State(
            state.silent() + 1,
            since == null ? Long.valueOf(nanoTime.getAsLong()) : since,
            state.answeredAt());
  }

  /** Whether several calls in a row got no answer. */
  public synchronized boolean isLost() {
    return state.silent() >= IN_A_ROW;
  }

  /** Nanoseconds since the first of the calls in a row that got no answer. */
  public synchronized OptionalLong silence() {
    return since(state.silentSince());
  }

  /** Nanoseconds since the last answer. */
  public synchronized OptionalLong sinceAnswer() {
    return since(state.answeredAt());
  }

  private OptionalLong since(@Nullable Long moment) {
    return moment == null ? OptionalLong.empty() : OptionalLong.of(nanoTime.getAsLong() - moment);
  }
}
