package io.millrace.claude.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.classify.Outcome;
import io.millrace.failure.FailureCode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResultLineTest {

  private static final String MESSAGE =
      "{ \"type\":\"message\",\"id\":\"msg_1\",\"model\":\"m\",  \"content\":[{\"type\":\"text\",\"text\":\"\u00fc\"}],"
          + "\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":3,\"output_tokens\":5,\"service_tier\":\"batch\"}}";

  @Test
  void anAnswerIsCarriedByteForByte() {
    var line =
        read(
            "{\"custom_id\":\"job_1\",\"result\":{\"type\":\"succeeded\",\"message\":"
                + MESSAGE
                + "}}");

    assertThat(line.customId()).isEqualTo("job_1");
    assertThat(line.body()).isEqualTo(MESSAGE.getBytes(StandardCharsets.UTF_8));
    var outcome = (Outcome.Succeeded) line.outcome();
    assertThat(outcome.facts().usage().inputTokens()).isEqualTo(3);
    assertThat(outcome.facts().usage().serviceTier()).isEqualTo("batch");
  }

  @Test
  void theOrderOfFieldsAndNewFieldsDoNotMatter() {
    var line =
        read(
            "{\"new\":[{}],\"result\":{\"message\":"
                + MESSAGE
                + ",\"more\":{\"type\":\"x\"},\"type\":\"succeeded\"},\"custom_id\":\"job_2\"}");

    assertThat(line.customId()).isEqualTo("job_2");
    assertThat(line.outcome()).isInstanceOf(Outcome.Succeeded.class);
  }

  @ParameterizedTest
  @CsvSource({
    "invalid_request_error, INVALID_REQUEST, true",
    "overloaded_error, OVERLOADED, false",
    "api_error, API_ERROR, false",
    "timeout_error, GATEWAY_TIMEOUT, false",
    "rate_limit_error, BATCH_ITEM_ERRORED, false",
    "billing_error, BATCH_ITEM_ERRORED, false",
    "some_day_error, BATCH_ITEM_ERRORED, false"
  })
  void onlyAnInvalidRequestIsForGood(String type, FailureCode code, boolean permanent) {
    var outcome = errored(type, "no");

    assertThat(outcome.code()).isEqualTo(code);
    assertThat(outcome instanceof Outcome.Permanent).isEqualTo(permanent);
    assertThat(outcome.fault().message()).isEqualTo("no");
    assertThat(outcome.fault().envelope()).isNotNull();
  }

  @Test
  void theAccountsTroubleIsNotTheItems() {
    var outcome =
        errored("invalid_request_error", "Your credit balance is too low to access the API");

    assertThat(outcome).isInstanceOf(Outcome.Retryable.class);
    assertThat(outcome.code()).isEqualTo(FailureCode.BATCH_ITEM_ERRORED);
  }

  @ParameterizedTest
  @CsvSource({
    "canceled, BATCH_ITEM_CANCELED",
    "expired, BATCH_ITEM_EXPIRED",
    "odd, BATCH_ITEM_ERRORED"
  })
  void whatClaudeDidNotComeToMayGoAgain(String type, FailureCode code) {
    var outcome =
        (Outcome.Retryable)
            read("{\"custom_id\":\"job_1\",\"result\":{\"type\":\"" + type + "\"}}").outcome();

    assertThat(outcome.code()).isEqualTo(code);
  }

  @Test
  void anAnswerThatIsNoMessageMayHaveBeenPaid() {
    assertThat(
            read("{\"custom_id\":\"j\",\"result\":{\"type\":\"succeeded\",\"message\":{}}}")
                .outcome())
        .isInstanceOf(Outcome.Ambiguous.class);
    assertThat(read("{\"custom_id\":\"j\",\"result\":{\"type\":\"succeeded\"}}").outcome())
        .isInstanceOf(Outcome.Ambiguous.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "[]",
        "{}",
        "{\"custom_id\":\"j\"}",
        "{\"result\":{\"type\":\"expired\"}}",
        "{\"custom_id\":7,\"result\":{\"type\":\"expired\"}}",
        "{\"custom_id\":\"j\",\"result\":{\"type\":\"expired\"}} {}"
      })
  void whatIsNoResultIsNone(String line) {
    assertThat(ResultLine.read(line.getBytes(StandardCharsets.UTF_8))).isEmpty();
  }

  @Test
  void aLineThatWasCutAnywhereIsNone() {
    byte[] whole =
        ("{\"custom_id\":\"j\",\"result\":{\"type\":\"succeeded\",\"message\":" + MESSAGE + "}}")
            .getBytes(StandardCharsets.UTF_8);
    for (int length = 0; length < whole.length; length++) {
      assertThat(ResultLine.read(Arrays.copyOf(whole, length))).as("%s", length).isEmpty();
    }
  }

  private static Outcome.Failed errored(String type, String message) {
    return (Outcome.Failed)
        read("{\"custom_id\":\"j\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":\"error\",\"error\":{\"type\":\""
                + type
                + "\",\"message\":\""
                + message
                + "\"},\"request_id\":\"req_1\"}}}")
            .outcome();
  }

  private static ResultLine read(String line) {
    return ResultLine.read(line.getBytes(StandardCharsets.UTF_8)).orElseThrow();
  }
}
