package io.millrace.claude.breaker;

import static io.millrace.claude.breaker.Sign.FAILS;
import static io.millrace.claude.breaker.Sign.NOTHING;
import static io.millrace.claude.breaker.Sign.OUT_OF_REACH;
import static io.millrace.claude.breaker.Sign.WORKS;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.call.Reply;
import io.millrace.claude.call.ReplyHeaders;
import io.millrace.claude.call.Timings;
import io.millrace.claude.classify.Outcome;
import io.millrace.failure.FailureCode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SignTest {

  @ParameterizedTest
  @CsvSource({
    "500, FAILS",
    "502, FAILS",
    "503, FAILS",
    "504, FAILS",
    "529, FAILS",
    "408, NOTHING",
    "409, NOTHING",
    "429, NOTHING",
    "401, NOTHING",
    "402, NOTHING",
    "302, NOTHING",
    "400, WORKS",
    "403, WORKS",
    "404, WORKS",
    "413, WORKS",
    "422, WORKS",
    "418, WORKS"
  })
  void aStatusIsASign(int status, Sign sign) {
    assertThat(sign(answered(status, ReplyHeaders.NONE))).isEqualTo(sign);
  }

  @Test
  void anErrorOfTheServersIsAFailureAlsoWhereARetryIsForbidden() {
    assertThat(sign(answered(529, shouldRetry("false")))).isEqualTo(FAILS);
    assertThat(sign(answered(400, shouldRetry("true")))).isEqualTo(NOTHING);
  }

  @ParameterizedTest
  @EnumSource(
      value = FailureCode.class,
      names = {
        "UNKNOWN_HOST",
        "CONNECT_FAILED",
        "CONNECT_TIMEOUT",
        "TLS_FAILED",
        "NOT_SENT",
        "STREAM_REFUSED"
      })
  void aConnectionThatCannotBeMadeIsAServiceOutOfReach(FailureCode code) {
    assertThat(sign(new Reply.NothingSent(code, "", lasting(1)))).isEqualTo(OUT_OF_REACH);
  }

  @ParameterizedTest
  @EnumSource(
      value = FailureCode.class,
      names = {"CONNECTION_LOST", "ANSWER_CUT", "MALFORMED_REPLY"})
  void soIsOneThatBreaks(FailureCode code) {
    assertThat(sign(broken(code, null, 1))).isEqualTo(OUT_OF_REACH);
  }

  @ParameterizedTest
  @EnumSource(
      value = FailureCode.class,
      names = {"ABORTED_BY_CANCEL", "ABORTED_BY_DEADLINE", "DRAINED", "LEASE_LOST"})
  void whatWeEndedOurselvesSaysNothing(FailureCode code) {
    assertThat(sign(broken(code, null, 100))).isEqualTo(NOTHING);
    assertThat(sign(new Reply.NothingSent(FailureCode.ABORTED_UNSENT, "", lasting(1))))
        .isEqualTo(NOTHING);
  }

  @Test
  void aTimeoutIsAFailureOnlyAfterALongSilence() {
    assertThat(sign(broken(FailureCode.CALL_TIMEOUT, null, 60))).isEqualTo(OUT_OF_REACH);
    assertThat(sign(broken(FailureCode.CALL_TIMEOUT, null, 59))).isEqualTo(NOTHING);
    assertThat(sign(broken(FailureCode.CALL_TIMEOUT, 200, 600))).isEqualTo(NOTHING);
  }

  @Test
  void aStreamThatEndsInAnErrorIsAFailureAndOneThatStallsIsOutOfReach() {
    assertThat(sign(broken(FailureCode.STREAM_ERROR, 200, 9))).isEqualTo(FAILS);
    assertThat(sign(broken(FailureCode.STREAM_STALLED, 200, 9))).isEqualTo(OUT_OF_REACH);
  }

  @Test
  void anAnswerIsOneOfAServiceThatWorks() {
    assertThat(sign(new Reply.Answered(200, ReplyHeaders.NONE, MESSAGE, lasting(1))))
        .isEqualTo(WORKS);
    assertThat(sign(new Reply.Answered(200, ReplyHeaders.NONE, new byte[0], lasting(1))))
        .isEqualTo(FAILS);
  }

  private static final byte[] MESSAGE =
      """
      {"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-5-5","content":[],
       "stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}
      """
          .getBytes(StandardCharsets.UTF_8);

  private static Sign sign(Reply reply) {
    return Sign.of(reply, Outcome.of(reply, Instant.EPOCH));
  }

  private static ReplyHeaders shouldRetry(String value) {
    return new ReplyHeaders(Map.of("x-should-retry", value));
  }

  private static Reply answered(int status, ReplyHeaders headers) {
    return new Reply.Answered(status, headers, new byte[0], lasting(1));
  }

  private static Reply broken(FailureCode code, @Nullable Integer status, int seconds) {
    return new Reply.Broken(code, "", status, ReplyHeaders.NONE, 0, lasting(seconds));
  }

  private static Timings lasting(int seconds) {
    return new Timings(Instant.EPOCH, null, null, Duration.ofSeconds(seconds));
  }
}
