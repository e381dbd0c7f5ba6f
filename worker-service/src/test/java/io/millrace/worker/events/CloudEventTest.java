package io.millrace.worker.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import io.millrace.worker.events.JobEvent.Details;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CloudEventTest {

  private static final JsonMapper JSON = new JsonMapper();
  private static final JobId JOB = new JobId(new UUID(1, 2));

  @ParameterizedTest
  @EnumSource(names = "RUNNING", mode = EnumSource.Mode.EXCLUDE)
  void whatIsPublishedIsWhatTheSchemaSays(JobState state) throws IOException {
    JsonNode schema =
        JSON.readTree(Files.readAllBytes(Path.of("..", "docs", "schemas", "job-event.json")));
    String code = state == JobState.FAILED ? "invalid_request" : null;
    for (Details details :
        new Details[] {
          null,
          new Details(Lane.BULK, "claude-haiku-5-5", "a \"feature\"\n", 3, code),
          new Details(Lane.INTERACTIVE, "m", null, 0, code)
        }) {
      JsonNode event =
          JSON.readTree(
              CloudEvent.write(
                  new JobEvent(JOB, 7, state, details), new UUID(3, 4), Instant.EPOCH));

      assertThat(faults("", event, schema)).as(event.toString()).isEmpty();
      assertThat(event.path("type").asString()).isEqualTo("job." + state.wireName());
      assertThat(schema.path("$id").asString()).isEqualTo(event.path("dataschema").asString());
    }
  }

  /** The part of JSON Schema that the file uses; and that nothing is written that it leaves out. */
  private static List<String> faults(String path, JsonNode value, JsonNode schema) {
    List<String> faults = new ArrayList<>();
    if (schema.has("const") && !schema.get("const").equals(value)) {
      faults.add(path + " is not " + schema.get("const"));
    }
    if (schema.has("enum") && schema.get("enum").valueStream().noneMatch(value::equals)) {
      faults.add(path + " is not among " + schema.get("enum"));
    }
    if (schema.has("pattern")
        && !value.asString().matches(schema.get("pattern").asString().replaceAll("[$^]", ""))) {
      faults.add(path + " does not match " + schema.get("pattern"));
    }
    if (schema.has("type") && !types(schema.get("type")).contains(type(value))) {
      faults.add(path + " is no " + schema.get("type"));
    }
    if (value.isObject()) {
      schema
          .path("required")
          .valueStream()
          .map(JsonNode::asString)
          .filter(name -> !value.has(name))
          .forEach(name -> faults.add(path + "/" + name + " is missing"));
      value
          .properties()
          .forEach(field -> {
            JsonNode known = schema.path("properties").path(field.getKey());
            String at = path + "/" + field.getKey();
            faults.addAll(
                known.isMissingNode()
                    ? List.of(at + " is not described")
                    : faults(at, field.getValue(), known));
          });
    }
    return faults;
  }

  private static List<String> types(JsonNode types) {
    return types.isArray()
        ? types.valueStream().map(JsonNode::asString).toList()
        : List.of(types.asString());
  }

  private static String type(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "object";
      case STRING -> "string";
      case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
      case NULL -> "null";
      case ARRAY, BOOLEAN, BINARY, MISSING, POJO -> "other";
    };
  }
}
