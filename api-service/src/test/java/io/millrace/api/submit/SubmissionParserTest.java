package io.millrace.api.submit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.problem.Refused;
import io.millrace.job.Lane;
import io.millrace.webhook.address.Targets;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SubmissionParserTest {

  private static final String PARAMS =
      "{\"model\":\"claude-sonnet-5-5\",\"max_tokens\":1024,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  private final SubmissionParser parser =
      new SubmissionParser(Clock.fixed(NOW, ZoneOffset.UTC), new Targets(List.of(), false));

  @Test
  void paramsAloneAreEnough() {
    var submission = parse("{\"params\":" + PARAMS + "}");

    assertThat(submission.params().model()).isEqualTo("claude-sonnet-5-5");
    assertThat(submission.params().maxTokens()).isEqualTo(1024);
    assertThat(submission.lane()).isEqualTo(Lane.STANDARD);
    assertThat(submission.maxAttempts()).isEqualTo(6);
    assertThat(submission.timeout()).isNull();
    assertThat(submission.retryAmbiguous()).isTrue();
    assertThat(submission.fallbackModels()).isEmpty();
    assertThat(submission.customId()).isNull();
    assertThat(submission.anthropicVersion()).isNull();
  }

  @Test
  void everyFieldIsTaken() {
    var submission =
        parse(
            """
            {"custom_id": "doc-17", "lane": "bulk", "user_id": "u_42", "feature": "summaries",
             "metadata": {"any": "string", "umlaut": "\u00e4"}, "run_at": "2026-11-20T13:00:00.1234567+02:00",
             "expires_at": "2026-11-21T13:00:00Z", "max_attempts": 20, "fallback_models": ["a", "b", "c"],
             "on_ambiguous": "fail", "timeout_seconds": 3600, "webhook": {"url": "https://example.com/hook?a=b"},
             "anthropic_version": "2023-06-01", "anthropic_beta": ["x-1", "y-2"], "params": %s}
            """
                .formatted(PARAMS));

    assertThat(submission.customId()).isEqualTo("doc-17");
    assertThat(submission.lane()).isEqualTo(Lane.BULK);
    assertThat(submission.userId()).isEqualTo("u_42");
    assertThat(submission.feature()).isEqualTo("summaries");
    assertThat(submission.metadata()).isEqualTo("{\"any\": \"string\", \"umlaut\": \"ä\"}");
    assertThat(submission.runAt()).isEqualTo("2026-11-20T11:00:00.123456Z");
    assertThat(submission.expiresAt()).isEqualTo("2026-11-21T13:00:00Z");
    assertThat(submission.maxAttempts()).isEqualTo(20);
    assertThat(submission.fallbackModels()).containsExactly("a", "b", "c");
    assertThat(submission.retryAmbiguous()).isFalse();
    assertThat(submission.timeout()).isEqualTo(Duration.ofHours(1));
    assertThat(submission.webhookUrl()).isEqualTo("https://example.com/hook?a=b");
    assertThat(submission.anthropicVersion()).isEqualTo("2023-06-01");
    assertThat(submission.anthropicBeta()).containsExactly("x-1", "y-2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ \"model\" : \"m\",\n\t\"max_tokens\":0 , \"messages\":[ 1 ], \"odd\": [1.50E+3, 1e400, -0, \"\\ud800 \\u0000\"] }",
        "{\"messages\":[{\"content\":\"ä€😀\",\"role\":\"user\"}],\"max_tokens\":1,\"mod\\u0065l\":\"m\",\"a\":1,\"a\":2}",
        "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[[]],\"stream\":false,\"temperature\":NULL}",
        "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}],\"stream\":null,\"metadata\":7}"
      })
  void paramsAreCarriedByteForByte(String params) {
    String json = params.replace("NULL", "null");
    for (String body :
        List.of(
            "{\"params\":" + json + "}",
            " {\"custom_id\":\"ä😀\", \"params\" : " + json + "\n , \"feature\":\"f\" } ")) {
      assertThat(new String(parse(body).params().json(), UTF_8)).isEqualTo(json);
    }
  }

  @Test
  void nullSaysTheSameAsLeavingOut() {
    var submission =
        parse(
            "{\"lane\":null,\"custom_id\":null,\"metadata\":null,\"max_attempts\":null,\"webhook\":null,\"run_at\":null,\"params\":"
                + PARAMS
                + "}");

    assertThat(submission.lane()).isEqualTo(Lane.STANDARD);
    assertThat(submission.maxAttempts()).isEqualTo(6);
  }

  @Test
  void theUserIdDefaultsToThatOfTheParams() {
    String params =
        PARAMS.replace("}]}", "}],\"metadata\":{\"x\":{\"user_id\":\"no\"},\"user_id\":\"u_7\"}}");

    assertThat(parse("{\"params\":" + params + "}").userId()).isEqualTo("u_7");
    assertThat(parse("{\"user_id\":\"u_8\",\"params\":" + params + "}").userId()).isEqualTo("u_8");
  }

  @Test
  void aUserIdOfTheParamsThatWeCannotKeepIsLeftToClaude() {
    for (String userId : List.of("u".repeat(129), "a\\u0000b", "\\udc00")) {
      String params = PARAMS.replace("}]}", "}],\"metadata\":{\"user_id\":\"" + userId + "\"}}");

      assertThat(parse("{\"params\":" + params + "}").userId()).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"{]", "{\"params\":{]", "{\"params\":{", "{\"params\":{\"tools\":[1}"})
  void brokenBracketsAreNotToldInTheParsersOwnWords(String body) {
    assertThatThrownBy(() -> parse(body))
        .isInstanceOf(Refused.class)
        .satisfies(refused ->
            assertThat(((Refused) refused).problem().message())
                .startsWith("body: Malformed JSON at line 1, column")
                .doesNotContain("Source", " at ["));
  }

  static Stream<String> badBodies() {
    return Stream.of(
            // The body as a whole
            "| body: Field required: a JSON object with params",
            "[] | body: Input should be an object",
            "\"x\" | body: Input should be an object",
            "{} | params: Field required",
            "{\"params\":P} x | body: Malformed JSON at line 1, column",
            "{\"params\":P} {} | body: There is more after the JSON object",
            "{\"params\":P | body: Malformed JSON at line 1, column",
            "{\"params\":P,} | body: Malformed JSON at line 1, column",
            "{'params':P} | body: Malformed JSON at line 1, column 2",
            "{\"custom_id\":\"a\tb\",\"params\":P} | body: Malformed JSON at line 1, column",
            "{\"params\":P,\"webhok\":1} | webhok: Extra inputs are not permitted. Did you mean 'webhook'?",
            "{\"params\":P,\"runat\":1} | runat: Extra inputs are not permitted. Did you mean 'run_at'?",
            "{\"params\":P,\"zzzzz\":1} | zzzzz: Extra inputs are not permitted",
            "{\"model\":\"m\"} | model: Extra inputs are not permitted. Did you mean 'params.model'?",
            "{\"params\":P,\"params\":P} | params: Field appears more than once",
            "{\"lane\":\"bulk\",\"params\":P,\"lane\":\"bulk\"} | lane: Field appears more than once",
            // What Claude will be asked
            "{\"params\":null} | params: Input should be an object",
            "{\"params\":[P]} | params: Input should be an object",
            "{\"params\":{}} | params.model: Field required",
            "{\"params\":{\"model\":\"m\"}} | params.max_tokens: Field required",
            "{\"params\":{\"model\":\"m\",\"max_tokens\":1}} | params.messages: Field required",
            "{\"params\":{\"model\":7}} | params.model: Input should be a valid string",
            "{\"params\":{\"model\":null}} | params.model: Input should be a valid string",
            "{\"params\":{\"model\":\"\"}} | params.model: String should have at least 1 character",
            "{\"params\":{\"model\":\"a\\u0000\"}} | params.model: String must not contain a NUL character",
            "{\"params\":{\"max_tokens\":-1}} | params.max_tokens: Input should be greater than or equal to 0",
            "{\"params\":{\"max_tokens\":1.5}} | params.max_tokens: Input should be a valid integer",
            "{\"params\":{\"max_tokens\":1e3}} | params.max_tokens: Input should be a valid integer",
            "{\"params\":{\"max_tokens\":\"5\"}} | params.max_tokens: Input should be a valid integer",
            "{\"params\":{\"max_tokens\":true}} | params.max_tokens: Input should be a valid integer",
            "{\"params\":{\"max_tokens\":2147483648}} | params.max_tokens: Input should be less than or equal to 2147483647",
            "{\"params\":{\"max_tokens\":DIGITS}} | params.max_tokens: Input should be less than or equal to 2147483647",
            "{\"params\":{\"max_tokens\":-DIGITS}} | params.max_tokens: Input should be greater than or equal to 0",
            "{\"params\":{\"max_tokens\":01}} | body: Malformed JSON at line 1, column",
            "{\"params\":{\"max_tokens\":NaN}} | body: Malformed JSON at line 1, column",
            "{\"params\":{\"messages\":{}}} | params.messages: Input should be a valid list",
            "{\"params\":{\"messages\":[]}} | params.messages: List should have at least 1 item",
            "{\"params\":{\"stream\":true}} | params.stream: Input should be false",
            "{\"params\":{\"model\":\"m\",\"model\":\"m\"}} | params.model: Field appears more than once",
            "{\"params\":{\"max_tokens\":1,\"max_tokens\":1}} | params.max_tokens: Field appears more than once",
            "{\"params\":{\"messages\":[1],\"messages\":[1]}} | params.messages: Field appears more than once",
            "{\"params\":{\"stream\":false,\"stream\":false}} | params.stream: Field appears more than once",
            "{\"params\":{\"metadata\":{},\"metadata\":{}}} | params.metadata: Field appears more than once")
        .map(SubmissionParserTest::filled);
  }

  static Stream<String> badFields() {
    return Stream.of(
            "custom_id | 7 | custom_id: Input should be a valid string",
            "custom_id | \"LONG257\" | custom_id: String should have at most 256 characters",
            "custom_id | \"a\\u0000b\" | custom_id: String must not contain a NUL character",
            "custom_id | \"\\ud83d!\" | custom_id: String must not contain an unpaired surrogate",
            "custom_id | \"\\ude00\" | custom_id: String must not contain an unpaired surrogate",
            "user_id | \"LONG129\" | user_id: String should have at most 128 characters",
            "feature | \"LONG129\" | feature: String should have at most 128 characters",
            "feature | {} | feature: Input should be a valid string",
            "lane | \"fast\" | lane: Input should be 'interactive', 'standard' or 'bulk'",
            "lane | \"BULK\" | lane: Input should be 'interactive', 'standard' or 'bulk'",
            "lane | 1 | lane: Input should be a valid string",
            "metadata | [] | metadata: Input should be an object",
            "metadata | {\"a\":1} | metadata.a: Input should be a valid string",
            "metadata | {\"a\":null} | metadata.a: Input should be a valid string",
            "metadata | {\"a\":{\"b\":\"c\"}} | metadata.a: Input should be a valid string",
            "metadata | {\"a\":\"LONG513\"} | metadata.a: String should have at most 512 characters",
            "metadata | {\"LONG65\":\"a\"} | Name should have at most 64 characters",
            "metadata | {\"a\\u0000\":\"a\"} | Name should have at most 64 characters, none of them NUL",
            "metadata | {\"a\":\"\\u0000\"} | metadata.a: String must not contain a NUL character",
            "metadata | {\"a\":\"1\",\"a\":\"2\"} | metadata.a: Field appears more than once",
            "metadata | PAIRS17 | metadata: Object should have at most 16 pairs",
            "run_at | \"tomorrow\" | run_at: Input should be an RFC 3339 time",
            "run_at | \"2026-11-20T12:00:00\" | run_at: Input should be an RFC 3339 time",
            "run_at | \"2026-02-30T12:00:00Z\" | run_at: Input should be an RFC 3339 time",
            "run_at | 1763640000 | run_at: Input should be a valid string",
            "run_at | \"2028-01-01T00:00:00Z\" | run_at: Input should be within 366 days from now",
            "run_at | \"+999999999-12-31T23:59:59Z\" | run_at: Input should be within 366 days from now",
            "run_at | \"0001-01-01T00:00:00Z\" | run_at: Input should be within 366 days from now",
            "expires_at | \"2026-11-20T12:00:00Z\" | expires_at: Input should be in the future",
            "expires_at | \"2026-11-20T13:00:00+02:00\" | expires_at: Input should be in the future",
            "max_attempts | 0 | max_attempts: Input should be greater than or equal to 1",
            "max_attempts | 21 | max_attempts: Input should be less than or equal to 20",
            "max_attempts | \"3\" | max_attempts: Input should be a valid integer",
            "fallback_models | \"m\" | fallback_models: Input should be a valid list",
            "fallback_models | [\"a\",\"b\",\"c\",\"d\"] | fallback_models: List should have at most 3 items",
            "fallback_models | [\"a\",\"\"] | fallback_models.1: String should have at least 1 character",
            "fallback_models | [1] | fallback_models.0: Input should be a valid string",
            "on_ambiguous | \"maybe\" | on_ambiguous: Input should be 'retry' or 'fail'",
            "timeout_seconds | 0 | timeout_seconds: Input should be greater than or equal to 1",
            "timeout_seconds | 3601 | timeout_seconds: Input should be less than or equal to 3600",
            "timeout_seconds | 1.5 | timeout_seconds: Input should be a valid integer",
            "webhook | \"https://a.b\" | webhook: Input should be an object",
            "webhook | {} | webhook.url: Field required",
            "webhook | {\"url\":\"https://a.b\",\"secret\":1} | webhook.secret: Extra inputs are not permitted",
            "webhook | {\"url\":\"https://a.b\",\"url\":\"https://a.b\"} | webhook.url: Field appears more than once",
            "webhook | {\"url\":null} | webhook.url: Input should be a valid string",
            "webhook | {\"url\":\"ftp://a.b/c\"} | webhook.url: Input should be an absolute http or https URL",
            "webhook | {\"url\":\"/hook\"} | webhook.url: Input should be an absolute http or https URL",
            "webhook | {\"url\":\"https://\"} | webhook.url: URL should have a host",
            "webhook | {\"url\":\"https://u:p@a.b\"} | webhook.url: URL should not have user or password",
            "webhook | {\"url\":\"https://a.b:99999\"} | webhook.url: Port should be from 1 to 65535",
            "webhook | {\"url\":\"http://a.b/c\"} | webhook.url: Input should be an https URL",
            "webhook | {\"url\":\"https://127.0.0.1/\"} | webhook.url: Webhooks are not sent to a loopback address",
            "webhook | {\"url\":\"https://[::ffff:a9fe:a9fe]/\"} | webhook.url: Webhooks are not sent to an address of a cloud's metadata",
            "webhook | {\"url\":\"https://2130706433/\"} | webhook.url: An IPv4 address should be four decimal numbers; this one means a loopback address",
            "anthropic_version | \"2025-01-01\" | anthropic_version: Input should be '2023-06-01' or '2026-10-21'",
            "anthropic_beta | \"x\" | anthropic_beta: Input should be a valid list",
            "anthropic_beta | [\"x,y\"] | anthropic_beta: Each item should have at most 128 visible ASCII characters",
            "anthropic_beta | [\"x\\r\\ny\"] | anthropic_beta.0: String must not contain control characters",
            "anthropic_beta | [\"x y\"] | anthropic_beta: Each item should have at most 128 visible ASCII characters",
            "fallback_models | [\"a\\nb\"] | fallback_models.0: String must not contain control characters")
        .map(SubmissionParserTest::filled);
  }

  @ParameterizedTest
  @MethodSource("badBodies")
  void aBadBodyIsRefusedNamingTheFault(String line) {
    int bar = line.lastIndexOf(" | ");
    assertRefused(
        bar < 0 ? "" : line.substring(0, bar), line.substring(line.lastIndexOf("| ") + 2));
  }

  @ParameterizedTest
  @MethodSource("badFields")
  void aBadFieldIsRefusedByName(String line) {
    String[] parts = line.split(" \\| ", -1);
    String field = "\"" + parts[0] + "\":" + parts[1];
    assertRefused("{" + field + ",\"params\":" + PARAMS + "}", parts[2]);
    assertRefused("{\"params\":" + PARAMS + "," + field + "}", parts[2]);
  }

  @Test
  void theDeadlineMustComeAfterTheStart() {
    assertRefused(
        "{\"run_at\":\"2026-11-22T00:00:00Z\",\"expires_at\":\"2026-11-22T00:00:00Z\",\"params\":"
            + PARAMS
            + "}",
        "expires_at: Input should be after run_at");
  }

  @Test
  void limitsCountCharactersNotUnits() {
    assertThat(
            parse("{\"custom_id\":\"" + "😀".repeat(256) + "\",\"params\":" + PARAMS + "}")
                .customId())
        .hasSize(512);
    assertRefused(
        "{\"custom_id\":\"" + "😀".repeat(257) + "\",\"params\":" + PARAMS + "}",
        "custom_id: String should have at most 256 characters");
  }

  @Test
  void nestingEndsAtFiveHundredLevels() {
    parse(nested(499));
    assertRefused(nested(500), "params: Input should be nested at most 500 levels deep");
    assertRefused(nested(60_000), "params: Input should be nested at most 500 levels deep");
    assertRefused("[".repeat(60_000), "body: Input should be an object");
  }

  @ParameterizedTest
  @CsvSource({
    "C0AF, overlong slash",
    "E080AF, overlong",
    "F08080AF, overlong",
    "EDA080, surrogate",
    "EDB080, surrogate",
    "F4908080, beyond the last code point",
    "F5808080, no such lead",
    "80, stray continuation",
    "C3, cut short",
    "E282, cut short",
    "F09F98, cut short",
    "FF, never",
    "FE, never"
  })
  void whatIsNotUtf8IsRefused(String hex, String why) {
    var body = new ByteArrayOutputStream();
    body.writeBytes("{\"params\":{\"system\":\"äöü".getBytes(UTF_8));
    body.writeBytes(java.util.HexFormat.of().parseHex(hex));
    body.writeBytes("\"}}".getBytes(UTF_8));

    assertThatThrownBy(() -> parser.parse(body.toByteArray()))
        .as(why)
        .isInstanceOf(Refused.class)
        .hasMessage("body: Invalid UTF-8 at byte 27");
  }

  @Test
  void everyCodePointOfUnicodeIsUtf8() {
    String all =
        IntStream.rangeClosed(1, Character.MAX_CODE_POINT)
            .filter(c -> c < 0xD800 || c > 0xDFFF)
            .mapToObj(Character::toString)
            .collect(Collectors.joining());

    assertThat(StrictUtf8.firstFault(all.getBytes(UTF_8))).isEqualTo(-1);
  }

  @Test
  void otherEncodingsOfJsonAreRefused() {
    String body = "{\"params\":" + PARAMS + "}";
    for (var charset :
        List.of(
            StandardCharsets.UTF_16BE,
            StandardCharsets.UTF_16LE,
            StandardCharsets.UTF_32BE,
            StandardCharsets.UTF_32LE)) {
      assertThatThrownBy(() -> parser.parse(body.getBytes(charset)))
          .isInstanceOf(Refused.class)
          .hasMessageStartingWith("body: Malformed JSON: NUL at byte");
    }
    assertRefused("\uFEFF" + body, "body: Malformed JSON: it starts with a byte order mark");
  }

  @Test
  void moreThanThirtyTwoMegabytesOfParamsAreRefused() {
    String params = PARAMS.replace("Hi", "a".repeat(ParamsReader.MAX_BYTES - PARAMS.length() + 2));
    assertThat(parse("{\"params\":" + params + "}").params().json())
        .hasSize(ParamsReader.MAX_BYTES);

    assertThatThrownBy(
            () -> parse("{\"params\":" + params.replace("\"messages\"", " \"messages\"") + "}"))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.problem().status()).isEqualTo(413));
  }

  private Submission parse(String body) {
    return parser.parse(body.getBytes(UTF_8));
  }

  private void assertRefused(String body, String message) {
    assertThatThrownBy(() -> parse(body))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.problem().status()).isEqualTo(400);
              assertThat(refused.problem().type()).isEqualTo("invalid_request_error");
            })
        .hasMessageContaining(message);
  }

  /** Params whose deepest value is {@code depth} levels below themselves. */
  private static String nested(int depth) {
    return "{\"params\":"
        + PARAMS.replace("}]}", "}],\"deep\":" + "[".repeat(depth) + "]".repeat(depth) + "}")
        + "}";
  }

  private static String filled(String line) {
    String pairs =
        IntStream.range(0, 17)
            .mapToObj(i -> "\"k" + i + "\":\"v\"")
            .collect(Collectors.joining(",", "{", "}"));
    return line.replace(":P", ":" + PARAMS)
        .replace("[P]", "[" + PARAMS + "]")
        .replace("LONG257", "x".repeat(257))
        .replace("LONG129", "x".repeat(129))
        .replace("LONG513", "x".repeat(513))
        .replace("LONG65", "x".repeat(65))
        .replace("DIGITS", "9".repeat(200_000))
        .replace("PAIRS17", pairs);
  }
}
