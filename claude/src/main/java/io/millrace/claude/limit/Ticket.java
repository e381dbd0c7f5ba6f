package io.millrace.claude.limit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A place in line. Answered once; whoever gives it up must {@link Limiter#leave} the line. */
public final class Ticket {
  private final Wanted wanted;
  private final long since;
  private final Runnable answered;
  private volatile @Nullable Answer answer;

  Ticket(Wanted wanted, long since, Runnable answered) {
    this.wanted = wanted;
    this.since = since;
    this.answered = answered;
  }

  /** What came of waiting. */
  public sealed interface Answer {}

  /** Go. */
  public record Granted(Permit permit) implements Answer {}

  /**
   * It takes too long to be waited for here: back to the queue.
   *
   * @param delay not before it has passed
   */
  public record TooLong(Duration delay) implements Answer {}

  /** The answer; null while the job waits. */
  public @Nullable Answer answer() {
    return answer;
  }

  Wanted wanted() {
    return wanted;
  }

  /** Local nanoseconds since which it waits. */
  long since() {
    return since;
  }

  void answer(Answer given) {
    answer = given;
    answered.run();
  }
}
