package io.millrace.deploy;

import static io.millrace.deploy.Repository.DEPLOY;
import static io.millrace.deploy.Repository.at;
import static io.millrace.deploy.Repository.list;
import static io.millrace.deploy.Repository.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class AlertsTest {

  private static final Pattern SECTION = Pattern.compile("^## (\\w+)$", Pattern.MULTILINE);
  private static final List<String> PARTS =
      List.of("**Means:**", "**Users feel:**", "**Look:**", "**Do:**", "**Wake:**");

  private final Series catalogue = Series.catalogue();
  private final List<Map<String, Object>> alerts =
      list(at(Repository.document(DEPLOY.resolve("prometheus/alerts.yml")), "groups")).stream()
          .flatMap(group -> list(at(group, "rules")).stream())
          .map(Repository::map)
          .toList();
  private final String runbooks = Repository.text(DEPLOY.resolve("runbooks.md"));

  @Test
  void theCatalogueIsRead() {
    assertThat(catalogue.size()).isGreaterThan(60);
    assertThat(Series.named("sum by (le) (rate(a_bucket{b=\"c d\"}[5m])) / on () e_total > 1e3"))
        .containsExactlyInAnyOrder("a_bucket", "e_total");
  }

  @Test
  void everyMetricOfAnAlertIsInTheCatalogue() {
    assertThat(alerts)
        .isNotEmpty()
        .allSatisfy(alert ->
            assertThat(catalogue.unknownIn((String) alert.get("expr")))
                .as("%s", alert.get("alert"))
                .isEmpty());
  }

  @Test
  void theAutoscalerAsksForAMetricThatExists() {
    var trigger =
        list(at(
                Repository.document(
                    DEPLOY.resolve("kubernetes/components/autoscaling/scaled-object.yaml")),
                "spec",
                "triggers"))
            .getFirst();
    assertThat(catalogue.unknownIn((String) at(trigger, "metadata", "query"))).isEmpty();
  }

  @Test
  void everyAlertSaysHowBadItIsAndWhatItMeans() {
    assertThat(alerts)
        .allSatisfy(alert -> {
          assertThat(at(alert, "labels", "severity")).isIn("page", "ticket");
          assertThat(map(alert.get("annotations")))
              .containsOnlyKeys("summary", "description", "runbook_url")
              .containsEntry(
                  "runbook_url", "deploy/runbooks.md#" + name(alert).toLowerCase(Locale.ROOT));
        });
  }

  @Test
  void everyAlertHasItsRunbookAndEveryRunbookItsAlert() {
    var sections = SECTION.matcher(runbooks).results().map(section -> section.group(1)).toList();
    assertThat(sections).containsExactlyElementsOf(alerts.stream().map(this::name).toList());
    List<String> bodies = List.of(SECTION.split(runbooks));
    assertThat(bodies.subList(1, bodies.size()))
        .allSatisfy(body -> assertThat(body).contains(PARTS));
  }

  @Test
  void runbooksNameOnlyMetricsThatExist() {
    var names =
        Pattern.compile("\\b(millrace_[a-z_]+|hikaricp_[a-z_]+)").matcher(runbooks).results();
    assertThat(names.map(MatchResult::group).distinct())
        .allSatisfy(name -> assertThatCode(() -> known(name)).doesNotThrowAnyException());
  }

  private void known(String name) {
    if (!catalogue.unknownIn(name).isEmpty() && !catalogue.unknownIn(name + "_count").isEmpty()) {
      throw new AssertionError(name + " is no metric");
    }
  }

  private String name(Map<String, Object> alert) {
    return (String) alert.get("alert");
  }
}
