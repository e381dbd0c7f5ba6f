package io.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.bench.Breakdown.Row;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {

  private static final Machine MACHINE = new Machine(2, "some \"CPU\"", 24, 0.15, 0.2);

  @Test
  void aTargetThatIsMissedIsMarked() {
    String table = new Report(MACHINE, "bench", List.of(run(1_500, 9.5))).table();
    assertThat(table).containsPattern("N3 +end to end, jobs/s +1,500 +>= 3,000 +0.50 !");
    assertThat(table).containsPattern("N5 +p50, ms +9.5 +<= 10.0 +0.95\n");
  }

  @Test
  void severalRunsAreShownByTheirMedianAndTheirSpread() {
    var runs = List.of(run(3_300, 9), run(2_900, 12), run(3_100, 10));
    String table = new Report(MACHINE, "bench", runs).table();
    assertThat(table)
        .containsPattern("N3 +end to end, jobs/s +3,100 +>= 3,000 +1.03 +2,900 - 3,300");
    assertThat(table).containsPattern("all +10.0");
  }

  @Test
  void programsGetEveryValue() {
    String json = new Report(MACHINE, "bench", List.of(run(3_300, 9), run(2_900, 12))).json();
    assertThat(json)
        .contains("\"values\":[3300.000,2900.000],\"target\":3000.000,\"at_most\":false")
        .contains("\"model\":\"some \\\"CPU\\\"\"");
  }

  private static Findings run(double rate, double millis) {
    var findings = Findings.empty();
    findings.add(
        Figure.atLeast("N3", "end to end", "jobs/s", rate, 3_000),
        Figure.atMost("N5", "p50", "ms", millis, 10));
    findings.add(new Breakdown("hops", List.of("p50"), List.of(new Row("all", List.of(millis)))));
    return findings;
  }
}
