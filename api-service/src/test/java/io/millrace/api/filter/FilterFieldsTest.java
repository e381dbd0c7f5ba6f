package io.millrace.api.filter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.problem.Refused;
import io.millrace.db.job.JobFilter;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import io.millrace.wire.Json;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FilterFieldsTest {

  @Test
  void aBodyNamesTheSameFieldsAsAQuery() {
    JobFilter filter =
        read(
            """
            {"status": ["failed", "expired"], "lane": "bulk", "custom_id": "", "created_after": "2026-01-01T00:00:00Z"}
            """);

    assertThat(filter.states()).containsExactlyInAnyOrder(JobState.FAILED, JobState.EXPIRED);
    assertThat(filter.lanes()).containsExactly(Lane.BULK);
    assertThat(filter.customId()).isEmpty();
    assertThat(filter.createdAfter()).isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
    assertThat(filter.tenantId()).isEqualTo(7);
  }

  @Test
  void nothingNamedIsEverything() {
    assertThat(read("{}")).isEqualTo(JobFilter.of(7));
    assertThat(read("{}").isEverything()).isTrue();
    assertThat(read("{}").in(Set.of(JobState.FAILED)).isEverything()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"custom_id\": null} | custom_id: ",
        "{\"custom_id\": [\"a\"]} | custom_id: ",
        "{\"status\": null} | status: ",
        "{\"status\": []} | status: ",
        "{\"status\": [\"queued\", 1]} | status.1: ",
        "{\"status\": {}} | status: ",
        "{\"lane\": \"fast\"} | lane: ",
        "{\"user_id\": \"\\u0000\"} | user_id: ",
        "{\"feature\": \"\\ud800\"} | feature: ",
        "{\"created_before\": 5} | created_before: ",
      })
  void whatSaysNothingDoesNotWidenTheFilter(String body, String message) {
    assertThatThrownBy(() -> read(body))
        .isInstanceOf(Refused.class)
        .hasMessageStartingWith(message);
  }

  private static JobFilter read(String body) {
    var fields = new FilterFields(7);
    try (var json = Json.parser(body.getBytes(UTF_8))) {
      json.nextToken();
      for (String name = json.nextName(); name != null; name = json.nextName()) {
        json.nextToken();
        fields.read(name, json);
      }
    }
    return fields.filter();
  }
}
