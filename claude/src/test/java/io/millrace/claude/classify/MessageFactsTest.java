package io.millrace.claude.classify;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.money.Usage;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessageFactsTest {

  @Test
  void fullUsageIsReadToTheToken() {
    String usage =
        """
        {"input_tokens": 1, "output_tokens":2, "cache_creation_input_tokens":30,
         "cache_read_input_tokens":4, "cache_creation":{"ephemeral_5m_input_tokens":10,
         "ephemeral_1h_input_tokens":20}, "output_tokens_details":{"thinking_tokens":5},
         "server_tool_use":{"web_search_requests":6,"web_fetch_requests":7},
         "service_tier":"priority","inference_geo":"us","speed":"fast", "new":[{"input_tokens":9}] }\
        """;

    MessageFacts facts = facts(usage);

    assertThat(facts.usage()).isEqualTo(new Usage(1, 2, 10, 20, 4, 5, 6, "priority", "us", "fast"));
    assertThat(facts.rawUsage()).isEqualTo(usage);
    assertThat(facts.id()).isEqualTo("msg_\u00e9");
    assertThat(facts.model()).isEqualTo("claude-x");
    assertThat(facts.stopReason()).isEqualTo("end_turn");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|0|0|0|0|0",
        "{\"input_tokens\":5}|5|0|0|0|0",
        "{\"input_tokens\":5,\"output_tokens\":null,\"cache_creation\":null}|5|0|0|0|0",
        "{\"input_tokens\":5,\"cache_creation_input_tokens\":7}|5|0|7|0|0",
        "{\"cache_creation_input_tokens\":7,\"cache_creation\":{\"ephemeral_1h_input_tokens\":3}}"
            + "|0|0|4|3|0",
        "{\"cache_creation\":{\"ephemeral_1h_input_tokens\":3}}|0|0|0|3|0",
        "{\"output_tokens\":6,\"server_tool_use\":null,\"service_tier\":null}|0|6|0|0|0",
        "{\"cache_read_input_tokens\":8,\"input_tokens\":\"many\"}|0|0|0|0|8"
      })
  void absentNullAndStrangeFieldsCountNothing(
      String usage, long input, long output, long write5m, long write1h, long read) {
    assertThat(facts(usage).usage())
        .isEqualTo(Usage.of(input, output).withCache(write5m, write1h, read));
  }

  @Test
  void aDeeplyNestedAnswerIsRead() {
    String deep = "[".repeat(3_000) + "]".repeat(3_000);

    assertThat(MessageFacts.read(message("{}", deep))).isPresent();
  }

  private static MessageFacts facts(String usage) {
    return MessageFacts.read(message(usage, "\"\u00fc\"")).orElseThrow();
  }

  private static byte[] message(String usage, String content) {
    return ("{\"content\":["
            + content
            + "],\"id\":\"msg_\u00e9\",\"usage\":"
            + usage
            + ",\"type\":\"message\",\"model\":\"claude-x\",\"stop_reason\":\"end_turn\"}")
        .getBytes(StandardCharsets.UTF_8);
  }
}
