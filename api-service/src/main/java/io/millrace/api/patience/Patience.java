package io.millrace.api.patience;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** How long one waits for the store before saying that it does not answer. */
public final class Patience {

  private static final int RETRY_AFTER_SECONDS = 2;

  private Patience() {}

  /**
   * What {@code question} answers within {@code atMost}. A question that is given up runs on by
   * itself until the store's own bounds end it: it must change nothing.
   *
   * @throws Refused with 503 where no answer came in time
   */
  public static <T> T within(Duration atMost, Supplier<T> question) throws InterruptedException {
    try {
      return ask(question).get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException silent) {
      throw new Refused(storeSilent());
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new IllegalStateException(failed);
    }
  }

  /** The 503 of a store that does not answer. */
  public static Problem storeSilent() {
    return Problem.overloaded("The store does not answer at the moment", RETRY_AFTER_SECONDS);
  }

  private static <T> CompletableFuture<T> ask(Supplier<T> question) {
    var answer = new CompletableFuture<T>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            answer.complete(question.get());
          } catch (RuntimeException | Error failure) {
            answer.completeExceptionally(failure);
          }
        });
    return answer;
  }
}
