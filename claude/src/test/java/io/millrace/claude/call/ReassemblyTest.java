package io.millrace.claude.call;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.call.Reassembly.Step;
import io.millrace.claude.json.Json;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReassemblyTest {
  private static final int MOST = 10_000;
  private static final String START =
      """
      {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",
       "model":"m","content":[],"stop_reason":null,"stop_sequence":null,
       "usage":{"input_tokens":7,"output_tokens":1,"cache_read_input_tokens":5,
        "cache_creation":{"ephemeral_5m_input_tokens":2}}}}
      """;
  private static final String END =
      """
      {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},
       "usage":{"output_tokens":9}}
      """;
  private static final String STOP = "{\"type\":\"message_stop\"}";
  private static final String USAGE =
      """
      "usage":{"input_tokens":7,"output_tokens":9,"cache_read_input_tokens":5,
        "cache_creation":{"ephemeral_5m_input_tokens":2}}
      """;

  @Test
  void textAndItsCitations() {
    assertContent(
        """
        [{"type":"text","text":"Hello, \\u00fc \ud83d\ude00!","citations":[{"type":"x","n":1},{"type":"y"}]}]
        """,
        open(0, "{\"type\":\"text\",\"text\":\"\",\"citations\":[]}"),
        delta(0, "{\"type\":\"text_delta\",\"text\":\"Hello, \"}"),
        delta(0, "{\"type\":\"citations_delta\",\"citation\":{\"type\":\"x\",\"n\":1}}"),
        delta(0, "{\"type\":\"text_delta\",\"text\":\"\u00fc \\ud83d\"}"),
        delta(0, "{\"type\":\"text_delta\",\"text\":\"\\ude00!\"}"),
        delta(0, "{\"type\":\"citations_delta\",\"citation\":{\"type\":\"y\"}}"),
        close(0));
  }

  @Test
  void citationsWhereTheBlockBeganWithNone() {
    assertContent(
        "[{\"type\":\"text\",\"text\":\"a\",\"citations\":[{\"n\":1}]}]",
        open(0, "{\"type\":\"text\",\"text\":\"\",\"citations\":null}"),
        delta(0, "{\"type\":\"text_delta\",\"text\":\"a\"}"),
        delta(0, "{\"type\":\"citations_delta\",\"citation\":{\"n\":1}}"),
        close(0));
  }

  @Test
  void thinkingAndItsSignature() {
    assertContent(
        """
        [{"type":"thinking","thinking":"Let me see","signature":"c2ln"},
         {"type":"thinking","thinking":"","signature":"b21pdA=="},
         {"type":"redacted_thinking","data":"xyz"}]
        """,
        open(0, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"),
        delta(0, "{\"type\":\"thinking_delta\",\"thinking\":\"Let me \"}"),
        delta(0, "{\"type\":\"thinking_delta\",\"thinking\":\"see\"}"),
        delta(0, "{\"type\":\"signature_delta\",\"signature\":\"c2ln\"}"),
        close(0),
        open(1, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"),
        delta(1, "{\"type\":\"signature_delta\",\"signature\":\"b21pdA==\"}"),
        close(1),
        open(2, "{\"type\":\"redacted_thinking\",\"data\":\"xyz\"}"),
        close(2));
  }

  @Test
  void toolUse() {
    assertContent(
        """
        [{"type":"tool_use","id":"toolu_1","name":"f",
          "input":{"a":[1,2.50,1e3],"b":"}","n":12345678901234567890}},
         {"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}]
        """,
        open(0, "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"f\",\"input\":{}}"),
        delta(0, "{\"type\":\"input_json_delta\",\"partial_json\":\"\"}"),
        delta(0, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":[1,2.5\"}"),
        delta(
            0,
            "{\"type\":\"input_json_delta\",\"partial_json\":\"0,1e3],\\\"b\\\":\\\"}\\\",\\\"n\\\":12345678901234567890}\"}"),
        close(0),
        open(
            1,
            "{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_1\",\"name\":\"web_search\",\"input\":{}}"),
        delta(1, "{\"type\":\"input_json_delta\",\"partial_json\":\"\"}"),
        close(1));
  }

  @Test
  void anInputThatWasCutIsKeptUnderAnotherName() {
    assertContent(
        "[{\"type\":\"tool_use\",\"name\":\"pay\",\"input\":{\"INVALID_JSON\":\"{\\\"amount\\\": 12\"}}]",
        open(0, "{\"type\":\"tool_use\",\"name\":\"pay\",\"input\":{}}"),
        delta(0, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"amount\\\": 12\"}"),
        close(0));
  }

  @Test
  void resultsOfServerToolsComeWhole() {
    String result =
        "{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"s\",\"content\":[{\"url\":\"u\",\"page_age\":null}]}";
    assertContent("[" + result + "]", open(0, result), close(0));
  }

  @Test
  void blocksAndDeltasYetToBeInventedAreKept() {
    assertContent(
        "[{\"type\":\"dream\",\"mood\":\"blue green\",\"parts\":[1,2,3],\"depth\":4,\"content\":\"abc\"}]",
        "{\"type\":\"weather\",\"sky\":\"clear\"}",
        "{\"type\":\"ping\"}",
        open(0, "{\"type\":\"dream\",\"mood\":\"blue\",\"parts\":[1],\"content\":null}"),
        delta(0, "{\"type\":\"dream_delta\",\"mood\":\" green\",\"parts\":[2,3],\"depth\":4}"),
        delta(0, "{\"type\":\"compaction_delta\",\"content\":\"ab\"}"),
        delta(0, "{\"type\":\"compaction_delta\",\"content\":\"c\",\"mood\":null}"),
        close(0));
  }

  @Test
  void blocksThatInterleaveComeInTheirOrder() {
    assertContent(
        "[{\"type\":\"text\",\"text\":\"ab\"},{\"type\":\"text\",\"text\":\"12\"}]",
        open(1, "{\"type\":\"text\",\"text\":\"\"}"),
        open(0, "{\"type\":\"text\",\"text\":\"\"}"),
        delta(1, "{\"type\":\"text_delta\",\"text\":\"1\"}"),
        delta(0, "{\"type\":\"text_delta\",\"text\":\"ab\"}"),
        delta(1, "{\"type\":\"text_delta\",\"text\":\"2\"}"));
  }

  @Test
  void theEndChangesWhatItKnowsAndNothingElse() {
    var reassembly = new Reassembly(MOST);

    take(
        reassembly,
        START,
        """
        {"type":"message_delta","delta":{"stop_reason":null,"container":{"id":"c","expires_at":"t"}},
         "usage":{"output_tokens":4,"input_tokens":null,"cache_read_input_tokens":null,
          "cache_creation":null,"server_tool_use":{"web_search_requests":1}}}
        """,
        """
        {"type":"message_delta","context_management":{"applied_edits":[]},
         "delta":{"stop_reason":"refusal","stop_sequence":null,"container":null,
          "stop_details":{"type":"refusal","category":null}},
         "usage":{"output_tokens":9,"input_tokens":8,"server_tool_use":{"web_fetch_requests":2},
          "output_tokens_details":{"thinking_tokens":3}}}
        """);

    assertThat(reassembly.take(STOP.getBytes(UTF_8))).isEqualTo(Step.COMPLETE);
    assertThat(Json.tree(reassembly.message()))
        .isEqualTo(
            tree(
                """
                {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],
                 "stop_reason":"refusal","stop_sequence":null,
                 "stop_details":{"type":"refusal","category":null},
                 "container":{"id":"c","expires_at":"t"},"context_management":{"applied_edits":[]},
                 "usage":{"input_tokens":8,"output_tokens":9,"cache_read_input_tokens":5,
                  "cache_creation":{"ephemeral_5m_input_tokens":2},
                  "server_tool_use":{"web_search_requests":1,"web_fetch_requests":2},
                  "output_tokens_details":{"thinking_tokens":3}}}
                """));
  }

  @Test
  void halfASurrogatePairSurvives() {
    var reassembly = new Reassembly(MOST);
    take(reassembly, START, open(0, "{\"type\":\"text\",\"text\":\"\u00e9\\ud83d\"}"), END);

    assertThat(reassembly.take(STOP.getBytes(UTF_8))).isEqualTo(Step.COMPLETE);
    assertThat(Json.tree(reassembly.message()).at("/content/0/text").asString())
        .isEqualTo("\u00e9\ud83d");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[DONE]",
        "[]",
        "{\"type\":\"message_start\",",
        "{\"type\":\"message_start\",\"message\":1}",
        "{\"type\":\"message_start\",\"message\":{}}",
        "{\"type\":\"content_block_delta\",\"index\":3,\"delta\":{}}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":\"x\"}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{}}",
        "{\"type\":\"content_block_start\",\"content_block\":{}}"
      })
  void whatWouldFalsifyTheAnswerEndsIt(String event) {
    var reassembly = new Reassembly(MOST);
    take(reassembly, START, open(0, "{\"type\":\"text\",\"text\":\"\"}"));

    assertThat(reassembly.take(event.getBytes(UTF_8))).isEqualTo(Step.UNREADABLE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"message_stop", "message_delta", "content_block_start"})
  void nothingComesBeforeTheMessage(String type) {
    assertThat(
            new Reassembly(MOST)
                .take(
                    ("{\"type\":\"" + type + "\",\"index\":0,\"content_block\":{}}")
                        .getBytes(UTF_8)))
        .isEqualTo(Step.UNREADABLE);
  }

  @Test
  void aMessageGrowsNoLargerThanAllowed() {
    var reassembly = new Reassembly(MOST);
    take(reassembly, START, open(0, "{\"type\":\"text\",\"text\":\"\"}"));
    byte[] piece = delta(0, text("x".repeat(1_000))).getBytes(UTF_8);

    long taken =
        Stream.generate(() -> reassembly.take(piece)).takeWhile(s -> s == Step.GOES_ON).count();

    assertThat(taken).isEqualTo(9);
  }

  @Test
  void whatCameIsKnownWhenTheRestDoesNot() {
    var reassembly = new Reassembly(MOST);
    assertThat(reassembly.remains().usage()).isNull();
    take(reassembly, START, open(0, "{\"type\":\"text\",\"text\":\"\"}"), delta(0, text("12345")));
    byte[] error =
        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"O\"}}"
            .getBytes(UTF_8);

    assertThat(reassembly.take(error)).isEqualTo(Step.FAILED);

    assertThat(reassembly.remains().error()).isEqualTo(error);
    assertThat(reassembly.remains().output()).isEqualTo(5);
    assertThat(tree(reassembly.remains().usage()).path("input_tokens").asInt()).isEqualTo(7);
    assertThat(reassembly.remains().toString()).doesNotContain("12345");
  }

  private static void assertContent(String content, String... events) {
    var reassembly = new Reassembly(MOST);
    take(reassembly, START);
    take(reassembly, events);
    take(reassembly, END);

    assertThat(reassembly.take(STOP.getBytes(UTF_8))).isEqualTo(Step.COMPLETE);

    assertThat(Json.tree(reassembly.message()))
        .isEqualTo(
            tree(
                """
                {"id":"msg_1","type":"message","role":"assistant","model":"m","content":%s,
                 "stop_reason":"end_turn","stop_sequence":null,%s}
                """
                    .formatted(content, USAGE)));
  }

  private static void take(Reassembly reassembly, String... events) {
    for (String event : List.of(events)) {
      assertThat(reassembly.take(event.getBytes(UTF_8))).as(event).isEqualTo(Step.GOES_ON);
    }
  }

  private static tools.jackson.databind.JsonNode tree(String json) {
    return Json.tree(json.getBytes(UTF_8));
  }

  private static String text(String text) {
    return "{\"type\":\"text_delta\",\"text\":\"" + text + "\"}";
  }

  private static String open(int index, String block) {
    return "{\"type\":\"content_block_start\",\"index\":%d,\"content_block\":%s}"
        .formatted(index, block);
  }

  private static String delta(int index, String delta) {
    return "{\"type\":\"content_block_delta\",\"index\":%d,\"delta\":%s}".formatted(index, delta);
  }

  private static String close(int index) {
    return "{\"type\":\"content_block_stop\",\"index\":%d}".formatted(index);
  }
}
