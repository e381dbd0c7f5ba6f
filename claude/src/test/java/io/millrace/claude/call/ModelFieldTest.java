package io.millrace.claude.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFieldTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"model\":\"a\"}|{\"model\":\"new\"}",
        "` { \"x\" : {\"model\":\"a\"}, \"model\"  :\t\"a\" ,\"n\":1.0e+02}`"
            + "|` { \"x\" : {\"model\":\"a\"}, \"model\"  :\t\"new\" ,\"n\":1.0e+02}`",
        "{\"s\":\"\u00fc\ud83d\ude00\",\"model\":\"a\\\"b\\\\\",\"z\":[]}"
            + "|{\"s\":\"\u00fc\ud83d\ude00\",\"model\":\"new\",\"z\":[]}",
        "{\"mod\\u0065l\":\"a\"}|{\"mod\\u0065l\":\"new\"}",
        "{\"model\":\"a\",\"model\":\"b\"}|{\"model\":\"new\",\"model\":\"new\"}",
        "{\"messages\":[{\"model\":\"x\"},\"model\"],\"model\":\"\"}"
            + "|{\"messages\":[{\"model\":\"x\"},\"model\"],\"model\":\"new\"}"
      })
  void onlyTheTopLevelModelChanges(String request, String expected) {
    assertThat(ModelField.replace(bytes(request), "new"))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(expected);
    assertThat(ModelField.read(bytes(expected))).hasValue("new");
  }

  @Test
  void theNewModelIsQuoted() {
    byte[] replaced = ModelField.replace(bytes("{\"model\":\"a\"}"), "x\"\\\n\u00fc");

    assertThat(replaced)
        .asString(StandardCharsets.UTF_8)
        .isEqualTo("{\"model\":\"x\\\"\\\\\\u000a\u00fc\"}");
    assertThat(ModelField.read(replaced)).hasValue("x\"\\\n\u00fc");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"model\":1}", "{\"x\":{\"model\":\"a\"}}", "[]"})
  void aRequestWithoutAModelIsRefused(String request) {
    assertThat(ModelField.read(bytes(request))).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelField.replace(bytes(request), "new"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
