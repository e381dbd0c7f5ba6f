package io.millrace.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MetricsPageTest {

  private static final Path PAGE = Path.of("..", "docs", "events.md");
  private static final String BEGIN =
      "<!-- metrics: written from `Metric` and `Hop` by their test; edit the code, not these tables -->\n";
  private static final String END = "<!-- end of metrics -->\n";

  @Test
  void thePageListsEveryMetricAndHop() throws IOException {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    int end = page.indexOf(END);
    String written = page.substring(0, begin) + tables() + page.substring(end);
    if (Boolean.getBoolean("millrace.docs.write")) {
      Files.writeString(PAGE, written);
    }

    assertThat(PAGE).as("rewrite it with -Dmillrace.docs.write=true").content().isEqualTo(written);
  }

  @Test
  void namesAreOfOnePattern() {
    for (Metric metric : Metric.values()) {
      assertThat(metric.meter()).matches("millrace(\\.[a-z-]+)+");
      assertThat(metric.tags()).allMatch(tag -> tag.matches("[a-z]+"));
      assertThat(metric.tags()).doesNotContain("tenant", "user", "job");
    }
    assertThat(Stream.of(Metric.values()).map(Metric::series)).doesNotHaveDuplicates();
  }

  private static String tables() {
    return "\n| series | kind | from | labels | what it says |\n|---|---|---|---|---|\n"
        + Stream.of(Metric.values()).map(MetricsPageTest::row).collect(Collectors.joining())
        + "\nThe values of `hop`, which follow one another:\n\n| hop | from … to |\n|---|---|\n"
        + Stream.of(Hop.values())
            .map(hop -> "| `%s` | %s |\n".formatted(hop.wireName(), hop.description()))
            .collect(Collectors.joining())
        + "\n";
  }

  private static String row(Metric metric) {
    return "| `%s` | %s | %s | %s | %s |\n"
        .formatted(
            metric.series(),
            kind(metric.kind()),
            metric.source().name().toLowerCase(Locale.ROOT),
            String.join(", ", metric.tags()),
            metric.description());
  }

  private static String kind(MetricKind kind) {
    return switch (kind) {
      case COUNTER, DOLLARS -> "counter";
      case GAUGE, SECONDS -> "gauge";
      case SUMMARY -> "summary";
      case TIMER -> "timer";
      case HISTOGRAM -> "histogram";
    };
  }
}
