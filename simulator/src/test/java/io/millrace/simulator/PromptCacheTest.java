package io.millrace.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.simulator.limit.Limits;
import io.millrace.simulator.limit.PoolLimits;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class PromptCacheTest {
  private static final String SHORT = "{\"type\":\"ephemeral\"}";
  private static final String HOUR = "{\"type\":\"ephemeral\",\"ttl\":\"1h\"}";

  private final MovedClock clock = new MovedClock();
  private final Simulator simulator =
      Simulator.start(SimulatorSettings.defaults().withClock(clock));
  private final Caller caller = new Caller(simulator);

  @AfterEach
  void stop() {
    caller.close();
    simulator.close();
  }

  private static String asked(String model, int systemCharacters, String control, String question) {
    return """
    {"model":"%s","max_tokens":9,"system":[{"type":"text","text":"%s","cache_control":%s}],
     "messages":[{"role":"user","content":"%s"}]}\
    """
        .formatted(model, "s".repeat(systemCharacters), control, question);
  }

  private void expect(JsonNode usage, int input, int written, int read) {
    assertThat(usage.get("input_tokens").asInt()).isEqualTo(input);
    assertThat(usage.get("cache_creation_input_tokens").asInt()).isEqualTo(written);
    assertThat(usage.get("cache_read_input_tokens").asInt()).isEqualTo(read);
  }

  @Test
  void aPrefixIsWrittenThenReadUntilItsTimeIsUp() throws Exception {
    String body = asked("claude-haiku-5-5", 4_000, SHORT, "one");
    String other = asked("claude-haiku-5-5", 4_000, SHORT, "two");
    expect(caller.message(body).usage(), 4, 1_300, 0);
    expect(caller.message(other).usage(), 4, 0, 1_300);
    clock.move(Duration.ofSeconds(299));
    expect(caller.message(other).usage(), 4, 0, 1_300);
    // The read has refreshed it.
    clock.move(Duration.ofSeconds(299));
    expect(caller.message(body).usage(), 4, 0, 1_300);
    clock.move(Duration.ofMinutes(5));
    expect(caller.message(body).usage(), 4, 1_300, 0);
  }

  @Test
  void belowTheModelsMinimumNothingIsCached() throws Exception {
    expect(caller.message(asked("claude-haiku-4-5", 4 * 4_000, SHORT, "one")).usage(), 4_004, 0, 0);
    expect(caller.message(asked("claude-haiku-4-5", 4 * 4_000, SHORT, "one")).usage(), 4_004, 0, 0);
    expect(caller.message(asked("claude-haiku-4-5", 4 * 4_096, SHORT, "one")).usage(), 4, 4_096, 0);
  }

  @Test
  void anHourIsCountedApart() throws Exception {
    JsonNode usage = caller.message(asked("claude-haiku-5-5", 4_000, HOUR, "one")).usage();
    assertThat(usage.get("cache_creation").get("ephemeral_1h_input_tokens").asInt())
        .isEqualTo(1_300);
    assertThat(usage.get("cache_creation").get("ephemeral_5m_input_tokens").asInt()).isZero();
    clock.move(Duration.ofMinutes(59));
    expect(caller.message(asked("claude-haiku-5-5", 4_000, HOUR, "one")).usage(), 4, 0, 1_300);
  }

  @Test
  void otherModelsAndWorkspacesDoNotShare() throws Exception {
    String body = asked("claude-haiku-5-5", 4_000, SHORT, "one");
    caller.message(body);
    expect(caller.message(body, "anthropic-workspace-id", "wrkspc_2").usage(), 4, 1_300, 0);
    expect(caller.message(asked("claude-opus-5-5", 4_000, SHORT, "one")).usage(), 4, 1_300, 0);
  }

  @Test
  void aConversationGrowsOnItsCachedBeginning() throws Exception {
    String first =
        "{\"model\":\"claude-haiku-5-5\",\"max_tokens\":9,\"cache_control\":{\"type\":\"ephemeral\"},\"messages\":[{\"role\":\"user\",\"content\":\""
            + "a".repeat(4_000)
            + "\"}";
    expect(caller.message(first + "]}").usage(), 0, 1_303, 0);
    String more =
        ",{\"role\":\"assistant\",\"content\":\"yes\"},{\"role\":\"user\",\"content\":\"and?\"}]}";
    // 1 + 3 for the answer, 2 + 3 for the new question
    expect(caller.message(first + more).usage(), 0, 9, 1_303);
  }

  @Test
  void readsAreFreeOfTheInputLimit() throws Exception {
    simulator.limits(
        Limits.each(new PoolLimits(1_000, 10_000, 100_000))
            .withBursts(Duration.ofMinutes(1), Duration.ofSeconds(12)));
    String body = asked("claude-haiku-5-5", 4_000, SHORT, "one");
    for (int i = 0; i < 20; i++) {
      assertThat(caller.message(body).status()).isEqualTo(200);
    }
    assertThat(simulator.stats().pools().get("haiku-5-5").inputTokens()).isEqualTo(1_304 + 19 * 4);
  }

  @Test
  void misplacedBreakpointsAreRefused() throws Exception {
    String block = "{\"type\":\"text\",\"text\":\"a\",\"cache_control\":" + SHORT + "}";
    String five =
        "{\"model\":\"claude-haiku-5-5\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":["
            + (block + ",").repeat(4)
            + block
            + "]}]}";
    assertThat(caller.message(five).message())
        .isEqualTo("A maximum of 4 blocks with cache_control may be provided. Found 5.");
    String late = block + "," + block.replace(SHORT, HOUR);
    String body =
        "{\"model\":\"claude-haiku-5-5\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":["
            + late
            + "]}]}";
    assertThat(caller.message(body).message()).contains("must not come after a ttl='5m'");
  }
}
