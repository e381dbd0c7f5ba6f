package io.millrace.deploy;

import static io.millrace.deploy.Repository.DEPLOY;
import static io.millrace.deploy.Repository.ROOT;
import static io.millrace.deploy.Repository.at;
import static io.millrace.deploy.Repository.document;
import static io.millrace.deploy.Repository.documents;
import static io.millrace.deploy.Repository.list;
import static io.millrace.deploy.Repository.map;
import static io.millrace.deploy.Repository.text;
import static io.millrace.deploy.Repository.under;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ManifestsTest {

  private static final Path KUBERNETES = DEPLOY.resolve("kubernetes");
  private static final Path RULE = KUBERNETES.resolve("components/monitoring/prometheus-rule.yaml");

  // What a drain does after its grace: loops stop, outcomes are recorded, the incarnation leaves.
  private static final Duration AFTER_THE_GRACE = Duration.ofSeconds(30);

  private final Map<String, Object> compose = document(ROOT.resolve("docker-compose.yml"));
  private final Map<String, Object> services = map(compose.get("services"));

  @Test
  void everyFileCanBeRead() {
    assertThat(under(DEPLOY, ".yaml")).hasSizeGreaterThan(15).allSatisfy(Repository::documents);
    assertThat(objects())
        .allSatisfy(object -> assertThat(object).containsKeys("apiVersion", "kind"));
  }

  @Test
  void everythingInADirectoryIsPartOfItsKustomization() {
    assertThat(under(KUBERNETES, "kustomization.yaml"))
        .allSatisfy(kustomization -> {
          String said = text(kustomization);
          assertThat(under(kustomization.getParent(), ".yaml"))
              .filteredOn(file -> !file.equals(kustomization))
              .filteredOn(file -> !file.toString().endsWith(".example.yaml"))
              .allSatisfy(file ->
                  assertThat(said).contains(kustomization.getParent().relativize(file).toString()));
        });
  }

  @Test
  void noContainerHasRightsThatItDoesNotNeed() {
    assertThat(podSpecs())
        .hasSizeGreaterThan(2)
        .allSatisfy(pod -> {
          assertThat(pod).containsEntry("automountServiceAccountToken", false);
          assertThat(at(pod, "securityContext", "runAsNonRoot")).isEqualTo(true);
          assertThat(at(pod, "securityContext", "seccompProfile", "type"))
              .isEqualTo("RuntimeDefault");
        });
    assertThat(podSpecs().flatMap(pod -> list(pod.get("containers")).stream()))
        .allSatisfy(container -> {
          assertThat(at(container, "securityContext", "allowPrivilegeEscalation")).isEqualTo(false);
          assertThat(at(container, "securityContext", "capabilities", "drop"))
              .isEqualTo(List.of("ALL"));
          assertThat(at(container, "resources", "limits", "memory")).isNotNull();
          if ("millrace".equals(at(container, "image"))) {
            assertThat(at(container, "securityContext", "readOnlyRootFilesystem")).isEqualTo(true);
          }
        });
  }

  @Test
  void aWorkerHasTimeToDrain() {
    Path settings = KUBERNETES.resolve("base/config/millrace-worker.yaml");
    Duration grace = grace(settings);
    var worker =
        podSpecs()
            .filter(pod -> "millrace-worker".equals(pod.get("serviceAccountName")))
            .findFirst()
            .orElseThrow();
    assertThat(Duration.ofSeconds((int) worker.get("terminationGracePeriodSeconds")))
        .isGreaterThanOrEqualTo(grace.plus(AFTER_THE_GRACE));
    assertThat(seconds((String) at(services.get("worker-1"), "stop_grace_period")))
        .isGreaterThanOrEqualTo(
            grace(DEPLOY.resolve("compose/millrace-worker.yaml")).plus(AFTER_THE_GRACE));
  }

  @Test
  void imagesArePinned() {
    Stream<String> ofCompose =
        services.values().stream().map(service -> (String) at(service, "image"));
    Stream<String> ofKubernetes =
        podSpecs()
            .flatMap(pod -> list(pod.get("containers")).stream())
            .map(container -> (String) at(container, "image"));
    assertThat(Stream.concat(ofCompose, ofKubernetes))
        .filteredOn(image -> !image.startsWith("millrace"))
        .allSatisfy(image -> assertThat(image).matches("[a-z/]+:v?\\d+\\.\\d+(\\.\\d+)?"));
    assertThat(
            Pattern.compile("^ARG \\w+_IMAGE=(.*)$", Pattern.MULTILINE)
                .matcher(text(DEPLOY.resolve("Dockerfile")))
                .results()
                .map(image -> image.group(1)))
        .hasSize(2)
        .allSatisfy(image -> assertThat(image).matches("eclipse-temurin:25\\.[\\d._]+-\\w+-noble"));
  }

  @Test
  void composeServesThisMachineOnlyAndEveryServiceIsWatched() {
    assertThat(services.values())
        .allSatisfy(service -> {
          Object ports = at(service, "ports");
          if (ports != null) {
            assertThat(list(ports))
                .allSatisfy(port -> assertThat((String) port).startsWith("127.0.0.1:"));
          }
          assertThat(at(service, "deploy", "resources", "limits", "memory")).isNotNull();
        });
    assertThat(services.keySet()).allSatisfy(name -> assertThat(watched(name)).as(name).isTrue());
  }

  @Test
  void secretsComeFromTheEnvironment() {
    String example = text(ROOT.resolve(".env.example"));
    assertThat(
            Pattern.compile("\\$\\{(\\w+):\\?")
                .matcher(text(ROOT.resolve("docker-compose.yml")))
                .results())
        .extracting(MatchResult::group)
        .isNotEmpty();
    assertThat(
            Pattern.compile("\\$\\{(\\w+):\\?")
                .matcher(text(ROOT.resolve("docker-compose.yml")))
                .results()
                .map(variable -> variable.group(1)))
        .allSatisfy(name -> assertThat(example).contains("\n" + name + "="));
    assertThat(text(ROOT.resolve(".gitignore")).lines()).contains(".env");
  }

  @Test
  void theOperatorsRulesAreThoseOfPrometheus() throws Exception {
    String rules = text(DEPLOY.resolve("prometheus/alerts.yml"));
    String page = rule(rules.substring(rules.indexOf("groups:")));
    if (Boolean.getBoolean("millrace.docs.write")) {
      Files.writeString(RULE, page);
    }
    assertThat(RULE).as("rewrite it with -Dmillrace.docs.write=true").content().isEqualTo(page);
  }

  private static String rule(String groups) {
    return """
    # Written from deploy/prometheus/alerts.yml by its test; edit that file, not this one.
    apiVersion: monitoring.coreos.com/v1
    kind: PrometheusRule
    metadata:
      name: millrace
    spec:
    """
        + groups.indent(2);
  }

  private boolean watched(String service) {
    // Those of our image have its HEALTHCHECK.
    return at(services.get(service), "healthcheck") != null
        || ((String) at(services.get(service), "image")).startsWith("millrace:");
  }

  private static Duration grace(Path settings) {
    return seconds((String) at(document(settings), "millrace", "drain", "grace"));
  }

  private static Duration seconds(String text) {
    assertThat(text).endsWith("s");
    return Duration.ofSeconds(Long.parseLong(text.substring(0, text.length() - 1)));
  }

  private static Stream<Map<String, Object>> podSpecs() {
    return objects()
        .filter(object -> List.of("Deployment", "StatefulSet").contains(object.get("kind")))
        .map(object -> map(at(object, "spec", "template", "spec")));
  }

  private static Stream<Map<String, Object>> objects() {
    return under(KUBERNETES, ".yaml").stream()
        .filter(file -> !file.toString().contains("/config/"))
        .flatMap(file -> documents(file).stream())
        .map(Repository::map);
  }
}
