package io.millrace.claude.batch;

import io.millrace.claude.call.Reply;
import io.millrace.claude.classify.Outcome;
import io.millrace.failure.FailureCode;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;

/** What came of asking the provider about a batch. */
public sealed interface BatchAnswer<T> {

  /** It answered. */
  record Told<T>(T value) implements BatchAnswer<T> {}

  /** It knows no such batch. */
  record NotFound<T>() implements BatchAnswer<T> {}

  /** It refused: nothing was done. */
  record Refused<T>(Outcome.Failed outcome) implements BatchAnswer<T> {}

  /** Nothing was asked, or not to the end. */
  record Unsent<T>(FailureCode code, String detail) implements BatchAnswer<T> {}

  /** What was asked may have been done: no whole reply came, or none that can be read. */
  record Unclear<T>(FailureCode code, String detail) implements BatchAnswer<T> {}

  /**
   * The answer that a reply is.
   *
   * @param now when it came, for a {@code retry-after} that is a date
   * @param read reads the body of a 2xx; empty where it is not what was asked for
   */
  static <T> BatchAnswer<T> of(Reply reply, Instant now, Function<byte[], Optional<T>> read) {
    return switch (reply) {
      case Reply.NothingSent(var code, var detail, _) -> new Unsent<>(code, detail);
      case Reply.Broken broken -> new Unclear<>(broken.code(), broken.detail());
      case Reply.Answered answer when answer.status() / 100 == 2 ->
          read.apply(answer.body())
              .<BatchAnswer<T>>map(Told::new)
              .orElseGet(() ->
                  new Unclear<>(
                      FailureCode.UNREADABLE_ANSWER,
                      "a reply of " + answer.body().length + " bytes"));
      case Reply.Answered answer when answer.status() == 404 -> new NotFound<>();
      case Reply.Answered answer -> refused(answer, now);
    };
  }

  private static <T> BatchAnswer<T> refused(Reply.Answered answer, Instant now) {
    return Outcome.of(answer, now) instanceof Outcome.Failed failed
        ? new Refused<>(failed)
        : new Unclear<>(FailureCode.UNREADABLE_ANSWER, "status " + answer.status());
  }
}
