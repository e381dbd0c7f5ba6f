package io.millrace.claude.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.ModelCatalogue;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EstimatorTest {
  private final Estimator estimator = new Estimator(ModelCatalogue.bundled());

  @Test
  void textIsCountedByKindOfCharacter() {
    RequestShape shape = shape("[{\"role\":\"user\",\"content\":\"abcd \u00fc\u4f60\\n\"}]");

    // role, user, content, and "abcd " with its line feed
    assertThat(shape.asciiChars()).isEqualTo(4 + 4 + 7 + 6);
    assertThat(shape.wideChars()).isEqualTo(2);
    assertThat(shape.maxTokens()).isEqualTo(100);
    assertThat(shape.model()).isEqualTo("claude-sonnet-5-5");
  }

  @Test
  void systemAndToolsCount() {
    RequestShape shape =
        RequestShape.of(
            bytes(
                "{\"system\":[{\"text\":\"1234567890\"}],\"tools\":[{\"name\":\"n\"}],\"messages\":[],"
                    + "\"metadata\":{\"user_id\":\"not counted\"}}"));

    assertThat(shape.asciiChars()).isEqualTo("text1234567890namen".length());
    assertThat(shape.tools()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"%s\"}}",
        "{\"source\":{\"data\":\"%s\",\"media_type\":\"image/png\",\"type\":\"base64\"},\"type\":\"image\"}",
        "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x/%.10s\"}}"
      })
  void anImageCountsAsAnImageNotByItsBytes(String block) {
    RequestShape shape = shape("[" + block.formatted("A".repeat(10_000)) + "]");

    assertThat(shape.images()).isEqualTo(1);
    assertThat(shape.asciiChars()).isLessThan(200);
    assertThat(shape.documentBytes()).isZero();
  }

  @Test
  void aDocumentCountsByItsBytes() {
    RequestShape shape =
        shape(
            "[{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\","
                + "\"data\":\""
                + "A".repeat(4_000)
                + "\"}},{\"type\":\"document\",\"source\":{\"type\":\"text\","
                + "\"media_type\":\"text/plain\",\"data\":\""
                + "b".repeat(300)
                + "\"}}]");

    assertThat(shape.documentBytes()).isEqualTo(3_000);
    assertThat(shape.images()).isZero();
    assertThat(shape.asciiChars()).isBetween(300L, 500L);
  }

  @Test
  void estimatesAreOnTheHighSide() {
    // 1,000 words of English are about 1,300 tokens with the older tokenizer, 1,700 with the newer.
    String prose = "\"" + "every estimate should be on the high side of truth ".repeat(100) + "\"";
    Estimate newer = estimator.estimate(shape(prose));
    Estimate older =
        estimator.estimate(
            RequestShape.of(
                bytes(
                    "{\"model\":\"claude-sonnet-4-6\",\"max_tokens\":9,\"system\":"
                        + prose
                        + "}")));

    assertThat(newer.inputTokens()).isBetween(1_700L, 3_000L);
    assertThat(older.inputTokens()).isBetween(1_300L, 2_000L);
    assertThat(newer.outputBound()).isEqualTo(100);
    assertThat(older.outputTokens()).isEqualTo(9);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"messages\":[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "not json at all, twice as long"
      })
  void whatCannotBeReadCountsByItsSize(String request) {
    assertThat(RequestShape.of(bytes(request)).asciiChars()).isEqualTo(request.length());
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "7", "true", "{}", "[]", "[null,{\"a\":[[1.5,false]]}]", "\"\""})
  void strangePromptsAreCountedWithoutHarm(String messages) {
    assertThat(estimator.estimate(shape(messages)).inputTokens()).isBetween(10L, 30L);
  }

  private static RequestShape shape(String messages) {
    return RequestShape.of(
        bytes(
            "{\"model\":\"claude-sonnet-5-5\",\"messages\":" + messages + ",\"max_tokens\":100}"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
