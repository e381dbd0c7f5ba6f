package io.millrace.api.document;

import static io.millrace.api.RunningApi.BODY;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RunningApi;
import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.JsonNode;

class DocumentIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private static RunningApi api;
  private static JsonNode document;

  @BeforeAll
  static void start() {
    api = RunningApi.start(postgres);
    document = api.get("/openapi.json").json();
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @Test
  void whatIsServedIsWhatIsKept() throws IOException {
    assertThat(api.sendAnonymously("/openapi.json", request -> request).response().body())
        .isEqualTo(Files.readAllBytes(Path.of("..", "docs", "openapi.json")));
  }

  @Test
  void itListsEveryRouteAndNoOther() {
    Set<String> documented = new TreeSet<>();
    document
        .get("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .propertyNames()
                .forEach(method ->
                    documented.add(
                        method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey())));

    var mapping =
        api.context().getBean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class);
    Set<String> served =
        mapping.getHandlerMethods().keySet().stream()
            .flatMap(route ->
                route.getMethodsCondition().getMethods().stream()
                    .flatMap(method ->
                        route.getPatternValues().stream().map(path -> method + " " + path)))
            .filter(route -> route.contains(" /v1/"))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(documented).isEqualTo(served);
  }

  @Test
  void itListsEveryFieldOfTheJob() {
    Set<String> shown = Set.copyOf(api.post(BODY).json().propertyNames());

    assertThat(names("Job")).isEqualTo(shown);
    assertThat(schema("Job").get("required").valueStream().map(JsonNode::asString))
        .containsExactlyInAnyOrderElementsOf(shown);
  }

  @Test
  void everyFieldOfASubmissionIsTakenAndEchoed() {
    Set<String> echoed = new TreeSet<>(names("Submission"));
    echoed.remove("params");
    assertThat(names("Job")).containsAll(echoed);

    for (String field : names("Submission")) {
      String message = api.post("{\"" + field + "\":[[]]}").text("error", "message");
      assertThat(message).as(field).startsWith(field).doesNotContain("not permitted");
    }
  }

  private static Set<String> names(String schema) {
    return new TreeSet<>(schema(schema).get("properties").propertyNames());
  }

  private static JsonNode schema(String name) {
    return document.get("components").get("schemas").get(name);
  }
}
