package io.millrace.claude.classify;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.money.Usage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RawUsageTest {

  @Test
  void whatABillNeedsIsRead() {
    assertThat(
            RawUsage.read(
                "{\"input_tokens\":5,\"output_tokens\":6,\"cache_creation\":null,\"service_tier\":\"batch\"}"))
        .hasValue(Usage.of(5, 6).withTerms("batch", null, null));
  }

  @Test
  void iterationsOfTheMessageAreInItsSums() {
    assertThat(
            RawUsage.read(
                "{\"input_tokens\":5,\"iterations\":[{\"input_tokens\":2,\"type\":\"message\"},"
                    + "{\"input_tokens\":3}],\"output_tokens\":6,\"cache_creation\":{\"a\":[1]}}"))
        .hasValue(Usage.of(5, 6));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"input_tokens\":5,\"output_tokens\":6,\"iterations\":[{\"type\":\"message\"},{\"type\":\"compaction\"}]}",
        "[]",
        "{",
        "{}",
        "{\"input_tokens\":5}",
        "{\"input_tokens\":5,\"output_tokens\":null}",
        "{\"input_tokens\":5,\"output_tokens\":1.5}",
        "{\"input_tokens\":-5,\"output_tokens\":1}",
        "{\"input_tokens\":5,\"output_tokens\":\"many\"}",
        "{\"input_tokens\":5,\"output_tokens\":1,\"cache_read_input_tokens\":1e3}",
        "{\"input_tokens\":5,\"output_tokens\":1,\"cache_creation\":{\"ephemeral_1h_input_tokens\":true}}"
      })
  void whatCannotBeReadToTheTokenMakesNoBill(String json) {
    assertThat(RawUsage.read(json)).isEmpty();
  }
}
