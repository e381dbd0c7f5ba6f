package io.millrace.api.submit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class SubmissionDocumentTest {

  @Test
  void theDocumentListsTheFieldsThatAreTaken() throws IOException {
    var document =
        new JsonMapper().readTree(Files.readAllBytes(Path.of("..", "docs", "openapi.json")));

    assertThat(document.at("/components/schemas/Submission/properties").propertyNames())
        .containsExactlyInAnyOrderElementsOf(SubmissionFields.NAMES);
  }
}
