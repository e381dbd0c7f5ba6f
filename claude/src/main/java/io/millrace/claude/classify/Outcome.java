package io.millrace.claude.classify;

import io.millrace.claude.call.Reply;
import io.millrace.failure.FailureCode;
import io.millrace.money.Usage;
import io.millrace.rate.Dimension;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a call came to. The classes are those of {@link io.millrace.failure.FailureClass}. */
public sealed interface Outcome {

  /**
   * The outcome of a reply.
   *
   * @param now when the reply came, for a {@code retry-after} that is a date
   */
  static Outcome of(Reply reply, Instant now) {
    return ReplyClassification.of(reply, now);
  }

  /**
   * A complete Message.
   *
   * @param message what Claude sent, byte for byte
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Succeeded(byte[] message, MessageFacts facts) implements Outcome {
    @Override
    public String toString() {
      return "Succeeded[" + facts.id() + "]";
    }
  }

  /** Any outcome without an answer. */
  sealed interface Failed extends Outcome {
    Fault fault();

    default FailureCode code() {
      return fault().code();
    }
  }

  /** The call did nothing and may be repeated, not before {@code retryAfter} if that is set. */
  record Retryable(Fault fault, @Nullable Duration retryAfter) implements Failed {}

  /**
   * A limit of the account was met.
   *
   * @param retryAfter what the provider asks for; null if it did not say
   * @param dimension the limit it named, if it did
   */
  record RateLimited(Fault fault, @Nullable Duration retryAfter, @Nullable Dimension dimension)
      implements Failed {}

  /**
   * The call may be billed and there is no answer.
   *
   * @param seen what a stream told of the usage before it broke; null if nothing did
   */
  record Ambiguous(Fault fault, @Nullable Usage seen) implements Failed {

    /** Of which nothing was seen. */
    public Ambiguous(Fault fault) {
      this(fault, null);
    }
  }

  /** The account or the upstream is at fault, not the job. */
  record Platform(Fault fault) implements Failed {}

  /** The same request would fail again. */
  record Permanent(Fault fault) implements Failed {}

  /**
   * What went wrong.
   *
   * @param message for the job's owner; may quote the request, so it is never logged
   * @param status of the HTTP reply, if there was a complete one; of an error at the beginning of a
   *     stream the status that its type has otherwise
   * @param envelope the provider's error object as it was sent, if it is one
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Fault(
      FailureCode code, String message, @Nullable Integer status, byte @Nullable [] envelope) {

    /** A fault without a reply: the code's own description, and the detail if there is any. */
    public static Fault of(FailureCode code, String detail) {
      String message = code.description();
      return new Fault(
          code, detail.isEmpty() ? message : message + " (" + detail + ")", null, null);
    }

    @Override
    public String toString() {
      return "Fault[" + code.wireName() + ", " + status + "]";
    }
  }
}
