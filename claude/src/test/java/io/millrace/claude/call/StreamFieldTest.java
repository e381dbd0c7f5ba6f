package io.millrace.claude.call;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamFieldTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"model\":\"m\"}|{\"stream\":true,\"model\":\"m\"}",
        "' {\n \"model\" : \"m\\u00fc\",\"x\":1.0e+02 }\t'|' {\"stream\":true,\n \"model\" : \"m\\u00fc\",\"x\":1.0e+02 }\t'",
        "{\"a\":1, \"stream\" : false , \"b\":2}|{\"a\":1, \"stream\" : true , \"b\":2}",
        "{\"stream\":false}|{\"stream\":true}",
        "{\"stream\":null,\"a\":{\"stream\":false}}|{\"stream\":true,\"a\":{\"stream\":false}}",
        "{\"stream\":false,\"s\":[\"stream\"],\"stream\":null}|{\"stream\":true,\"s\":[\"stream\"],\"stream\":true}",
        "{\"\\u0073tream\":false}|{\"\\u0073tream\":true}",
        "{\"m\":{\"stream\":false}}|{\"stream\":true,\"m\":{\"stream\":false}}"
      })
  void onlyTheStreamIsSetAndEveryOtherByteStays(String request, String streamed) {
    assertThat(StreamField.on(request.getBytes(UTF_8)).map(bytes -> new String(bytes, UTF_8)))
        .contains(streamed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"stream\":\"yes\"}", "{\"stream\":1,\"stream\":false}"})
  void nonsenseIsLeftToClaude(String request) {
    assertThat(StreamField.on(request.getBytes(UTF_8))).isEmpty();
  }
}
