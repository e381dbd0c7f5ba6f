package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.model.Model.Lifecycle;
import java.time.LocalDate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelCatalogueTest {
  private static final String MODIFIERS = "\n[modifiers]\nus 1.1\nbatch-cache 0.5\nweb-search 10\n";
  private static final String MODEL = "[models]\nm pool-m 1000 100 - 2 yes active - 2027-01-01\n";

  private final ModelCatalogue catalogue = ModelCatalogue.bundled();

  @ParameterizedTest
  @CsvSource({
    "claude-fable-5-2,           fable-5,        1000000, 128000,",
    "claude-fable-5-1,           fable-5,        1000000, 128000, 512",
    "claude-fable-5,             fable-5,        1000000, 128000, 512",
    "claude-mythos-5-2,          mythos-5,       ,        ,",
    "claude-mythos-5-1,          mythos-5,       ,        ,       512",
    "claude-mythos-5,            mythos-5,       ,        ,       512",
    "claude-mythos-preview,      mythos-preview, ,        ,       2048",
    "claude-opus-5-5,            opus-5-5,       1000000, 128000, 512",
    "claude-opus-5,              opus-5,         1000000, 128000, 512",
    "claude-opus-4-8,            opus-4,         1000000, 128000, 1024",
    "claude-opus-4-7,            opus-4,         1000000, 128000, 2048",
    "claude-opus-4-6,            opus-4,         1000000, 128000, 4096",
    "claude-opus-4-5,            opus-4,         200000,  64000,  4096",
    "claude-opus-4-5-20251101,   opus-4,         200000,  64000,  4096",
    "claude-sonnet-5-5,          sonnet-5-5,     1000000, 128000, 512",
    "claude-sonnet-5,            sonnet-5,       1000000, 128000, 1024",
    "claude-sonnet-4-6,          sonnet-4,       1000000, 128000, 1024",
    "claude-sonnet-4-5,          sonnet-4,       200000,  64000,  1024",
    "claude-sonnet-4-5-20250929, sonnet-4,       200000,  64000,  1024",
    "claude-haiku-5-5,           haiku-5-5,      1000000, 128000, 512",
    "claude-haiku-4-5,           haiku-4-5,      200000,  64000,  4096",
    "claude-haiku-4-5-20251001,  haiku-4-5,      200000,  64000,  4096"
  })
  void everyModelIsKnown(
      String id, String pool, Integer context, Integer maxOutput, Integer minCacheable) {
    Model model = catalogue.model(id).orElseThrow();

    assertThat(catalogue.pool(id)).isEqualTo(pool);
    assertThat(model.contextTokens()).isEqualTo(context);
    assertThat(model.maxOutputTokens()).isEqualTo(maxOutput);
    assertThat(model.minCacheableTokens()).isEqualTo(minCacheable);
  }

  @Test
  void lifecyclesAreKnown() {
    Model sonnet = catalogue.model("claude-sonnet-4-5").orElseThrow();

    assertThat(sonnet.lifecycle()).isEqualTo(Lifecycle.DEPRECATED);
    assertThat(sonnet.retires()).isEqualTo(LocalDate.parse("2026-11-30"));
    assertThat(catalogue.model("claude-opus-5-5").orElseThrow().notBefore())
        .isEqualTo(LocalDate.parse("2027-09-22"));
    assertThat(catalogue.models()).hasSize(19);
  }

  @Test
  void anUnknownModelIsAPoolOfItsOwn() {
    assertThat(catalogue.model("claude-next")).isEmpty();
    assertThat(catalogue.pool("claude-next")).isEqualTo("claude-next");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        MODEL + "m pool 1 1 1 2 yes active - -",
        MODEL + "n pool 1 1 1 2 yes active -",
        MODEL + "n pool 1 1 1 2 maybe active - -",
        MODEL + "n pool 1 1 1 2 yes asleep - -",
        MODEL + "n pool 1.5 1 1 2 yes active - -",
        MODEL + "n pool 1 1 1 2 yes active soon -",
        MODEL + "[aliases]\na other",
        MODEL + "[prices]\nm start any standard 0 1 1 1 1 1 1",
        MODEL + "[prices]\nm start any standard x 1 1 1 1 1 1",
        MODEL + "[prices]\nn start any standard 1 1 1 1 1 1 1",
        MODEL + "[prices]\nm 2026-13-01 any standard 1 1 1 1 1 1 1",
        MODEL + "[surprise]\nx y"
      })
  void aWrongLineIsNamed(String table) {
    long line = table.lines().count();

    assertThatExceptionOfType(UnreadableModelTable.class)
        .isThrownBy(() -> ModelCatalogue.parse("mine.txt", table + MODIFIERS))
        .withMessageStartingWith("mine.txt:" + line + ": ");
  }

  @Test
  void aMissingModifierIsNamed() {
    assertThatExceptionOfType(UnreadableModelTable.class)
        .isThrownBy(() -> ModelCatalogue.parse("mine.txt", MODEL))
        .withMessageContaining("us is missing");
  }
}
