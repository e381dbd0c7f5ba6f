package io.millrace.deploy;

import static io.millrace.deploy.Repository.DEPLOY;
import static io.millrace.deploy.Repository.at;
import static io.millrace.deploy.Repository.document;
import static io.millrace.deploy.Repository.list;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DashboardTest {

  private static final Path DASHBOARD = DEPLOY.resolve("grafana/dashboards/millrace.json");

  // JSON is YAML.
  private final Map<String, Object> dashboard = document(DASHBOARD);
  private final List<Map<String, Object>> panels =
      list(dashboard.get("panels")).stream().map(Repository::map).toList();

  @Test
  void everyMetricOfThePanelsIsInTheCatalogue() {
    var catalogue = Series.catalogue();
    assertThat(expressions())
        .hasSizeGreaterThan(40)
        .allSatisfy(expression ->
            assertThat(catalogue.unknownIn(expression)).as("%s", expression).isEmpty());
  }

  @Test
  void everyMetricOfOursIsOnAPanelOrInAnAlert() {
    String shown =
        expressions().collect(Collectors.joining(" "))
            + Repository.text(DEPLOY.resolve("prometheus/alerts.yml"));
    String page = Repository.text(Repository.ROOT.resolve("docs/events.md"));
    var ours =
        Pattern.compile("^\\| `(millrace_[a-z0-9_]+)`", Pattern.MULTILINE)
            .matcher(page)
            .results()
            .map(row -> row.group(1));
    assertThat(ours)
        .filteredOn(name -> !shown.contains(name))
        // How often a loop ran is said better by its age, how often a claim's answer was lost by
        // nothing.
        .containsExactlyInAnyOrder("millrace_loop_runs_seconds", "millrace_intake_unheard_total");
  }

  @Test
  void panelsAskTheProvisionedDataSource() {
    var provisioned =
        at(
            list(at(
                    document(DEPLOY.resolve("grafana/provisioning/datasources/prometheus.yaml")),
                    "datasources"))
                .getFirst(),
            "uid");
    assertThat(panels.stream().filter(panel -> !"row".equals(panel.get("type"))))
        .allSatisfy(panel -> assertThat(at(panel, "datasource", "uid")).isEqualTo(provisioned));
  }

  @Test
  void panelsHaveTheirOwnPlaces() {
    assertThat(panels).extracting(panel -> panel.get("id")).doesNotHaveDuplicates();
    assertThat(panels).extracting(panel -> panel.get("gridPos")).doesNotHaveDuplicates();
    assertThat(panels)
        .allSatisfy(panel ->
            assertThat((int) at(panel, "gridPos", "x") + (int) at(panel, "gridPos", "w"))
                .isLessThanOrEqualTo(24));
  }

  private Stream<String> expressions() {
    return panels.stream()
        .filter(panel -> panel.containsKey("targets"))
        .flatMap(panel -> list(panel.get("targets")).stream())
        .map(target -> (String) at(target, "expr"));
  }
}
