package io.millrace.claude.call;

import io.millrace.failure.FailureCode;
import org.jspecify.annotations.Nullable;

/** How far a call got. Exactly one reply ends every call; a call never throws. */
public sealed interface Reply {
  Timings timings();

  /** A complete HTTP reply, its bytes as the provider sent them. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Answered(int status, ReplyHeaders headers, byte[] body, Timings timings) implements Reply {

    @Override
    public String toString() {
      return "Answered[" + status + ", " + body.length + " bytes, " + headers + "]";
    }
  }

  /**
   * Nothing can have been done: not a byte of the request's body was handed to a connection, or the
   * other side vouches that it did not take it.
   *
   * @param detail the fault in the words of the transport, without any content
   */
  record NothingSent(FailureCode code, String detail, Timings timings) implements Reply {}

  /**
   * Sending had begun and no complete reply came: the call may be billed.
   *
   * @param status of the reply's head, if that came
   * @param received bytes of the reply's body that came
   * @param remains what a stream brought before it broke; null if the reply was none
   */
  record Broken(
      FailureCode code,
      String detail,
      @Nullable Integer status,
      ReplyHeaders headers,
      long received,
      Timings timings,
      @Nullable Remains remains)
      implements Reply {

    /** Of a reply that was no stream. */
    public Broken(
        FailureCode code,
        String detail,
        @Nullable Integer status,
        ReplyHeaders headers,
        long received,
        Timings timings) {
      this(code, detail, status, headers, received, timings, null);
    }

    /** The error with which Claude itself ended the stream, if it did. */
    public byte @Nullable [] error() {
      return remains == null ? null : remains.error();
    }
  }

  /**
   * What is known of a streamed answer that did not become whole.
   *
   * @param usage as told up to then; null if the message had not begun
   * @param output characters of output that came
   * @param error the provider's error object, if the stream ended with one
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Remains(@Nullable String usage, long output, byte @Nullable [] error) {

    @Override
    public String toString() {
      return "Remains[" + usage + ", " + output + (error == null ? "]" : ", error]");
    }
  }
}
