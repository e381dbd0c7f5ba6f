package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.money.CallMode;
import io.millrace.money.Cost;
import io.millrace.money.Usage;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelSettingsTest {
  private static final String NOVEMBER = "2026-11-20T12:00:00Z";
  private static final long MILLION = 1_000_000;

  @Test
  void aPriceThatIsNamedTakesThePlaceOfTheBuiltInOneAndTheRestStays() {
    var catalogue = configured("claude-opus-5-5.input", "3.5");

    Cost cost = price(catalogue, "claude-opus-5-5", Usage.of(MILLION, MILLION), NOVEMBER);

    assertThat(cost.amount()).isEqualByComparingTo("23.5");
    assertThat(cost.priceVersion()).matches("claude-opus-5-5@start\\+own-[0-9a-f]{8}");
    assertThat(price(catalogue, "claude-opus-5", Usage.of(1, 1), NOVEMBER).priceVersion())
        .isEqualTo("claude-opus-5@start");
    assertThat(catalogue.pool("claude-opus-5-5")).isEqualTo("opus-5-5");
  }

  @Test
  void otherPricesHaveAnotherVersionAndTheSameTheSame() {
    assertThat(version("3.5")).isEqualTo(version("3.5")).isNotEqualTo(version("3.6"));
  }

  @Test
  void pricesMayHoldFromADayOn() {
    var catalogue =
        configured("claude-sonnet-5-5.cache-read", "0.05", "claude-sonnet-5-5.from", "2026-11-01");
    Usage reads = Usage.of(0, 0).withCache(0, 0, MILLION);

    assertThat(price(catalogue, "claude-sonnet-5-5", reads, "2026-10-06T00:00:00Z").amount())
        .isEqualByComparingTo("0.20");
    assertThat(price(catalogue, "claude-sonnet-5-5", reads, "2026-10-31T23:59:59Z").amount())
        .isEqualByComparingTo("0.10");
    Cost after = price(catalogue, "claude-sonnet-5-5", reads, "2026-11-01T00:00:00Z");
    assertThat(after.amount()).isEqualByComparingTo("0.05");
    assertThat(after.priceVersion()).startsWith("claude-sonnet-5-5@2026-11-01+own-");
    assertThat(price(catalogue, "claude-sonnet-5-5", Usage.of(MILLION, 0), NOVEMBER).amount())
        .isEqualByComparingTo("2");
  }

  @Test
  void datedPricesOfTheTableKeepWhatIsNotNamed() {
    var catalogue = configured("claude-sonnet-5-5.input", "1");
    Usage usage = Usage.of(MILLION, 0).withCache(0, 0, MILLION);

    assertThat(price(catalogue, "claude-sonnet-5-5", usage, "2026-10-06T00:00:00Z").amount())
        .isEqualByComparingTo("1.20");
    assertThat(price(catalogue, "claude-sonnet-5-5", usage, NOVEMBER).amount())
        .isEqualByComparingTo("1.10");
  }

  @Test
  void aModelThatNobodyKnewGetsItsPrices() {
    var catalogue =
        configured(
            "claude-next.input", "1",
            "claude-next.output", "2",
            "claude-next.pool", "opus-5-5",
            "claude-next.fast.input", "3",
            "claude-next.fast.output", "4");

    assertThat(catalogue.pool("claude-next")).isEqualTo("opus-5-5");
    assertThat(price(catalogue, "claude-next", Usage.of(MILLION, MILLION), NOVEMBER).amount())
        .isEqualByComparingTo("3");
    Usage fast = Usage.of(MILLION, MILLION).withTerms(null, "us", "fast");
    assertThat(price(catalogue, "claude-next", fast, NOVEMBER).amount())
        .isEqualByComparingTo("7.7");
    Usage cached = Usage.of(1, 1).withCache(0, 0, 1);
    assertThat(
            catalogue
                .price("claude-next", cached, Instant.parse(NOVEMBER), CallMode.SINGLE)
                .known())
        .isEmpty();
  }

  @Test
  void bothBandsCanBeSet() {
    var catalogue =
        configured(
            "claude-haiku-5-5.input", "0.2",
            "claude-haiku-5-5.long-prompt.input", "0.6");
    var moved =
        configured(
            "claude-opus-5.longest-prompt", "200000",
            "claude-opus-5.long-prompt.input", "10");

    assertThat(price(catalogue, "claude-haiku-5-5", Usage.of(100_000, 0), NOVEMBER).amount())
        .isEqualByComparingTo("0.02");
    assertThat(price(catalogue, "claude-haiku-5-5", Usage.of(MILLION, 0), NOVEMBER).amount())
        .isEqualByComparingTo("0.6");
    assertThat(price(moved, "claude-opus-5", Usage.of(200_000, 0), NOVEMBER).amount())
        .isEqualByComparingTo("1");
    assertThat(price(moved, "claude-opus-5", Usage.of(200_001, 0), NOVEMBER).amount())
        .isEqualByComparingTo("2.00001");
  }

  @Test
  void aSurchargeCanBeSwitchedOffAndTheVersionShowsIt() {
    var catalogue = configured("claude-opus-5-5.us-surcharge", "false");

    Cost cost =
        price(
            catalogue,
            "claude-opus-5-5",
            Usage.of(MILLION, 0).withTerms(null, "us", null),
            NOVEMBER);

    assertThat(cost.amount()).isEqualByComparingTo("4");
    assertThat(cost.priceVersion()).contains("+own-");
  }

  @ParameterizedTest
  @CsvSource({
    "claude-opus-4-5.input, an alias", "claude-opus-4-5-20251101.input, its id",
    "claude.opus.4.5.input, a variable", "claude.opus.4.5.20251101.input, a variable"
  })
  void modelsAreFoundByAnyOfTheirNames(String key, String why) {
    assertThat(
            price(configured(key, "9"), "claude-opus-4-5", Usage.of(MILLION, 0), NOVEMBER).amount())
        .as(why)
        .isEqualByComparingTo("9");
  }

  @Test
  void variablesOfTheEnvironmentHaveDotsForDashes() {
    var catalogue = configured("claude.opus.5.5.cache.write.5m", "7");

    assertThat(
            price(catalogue, "claude-opus-5-5", Usage.of(0, 0).withCache(MILLION, 0, 0), NOVEMBER)
                .amount())
        .isEqualByComparingTo("7");
  }

  @Test
  void factsCanBeSetWithoutPrices() {
    var catalogue =
        configured(
            "claude-opus-5.retires", "2027-08-01",
            "claude-opus-5.context-tokens", "5",
            "claude-opus-5.max-output-tokens", "6",
            "claude-opus-5.min-cacheable-tokens", "7");

    Model model = catalogue.model("claude-opus-5").orElseThrow();
    assertThat(model.retires()).isEqualTo(LocalDate.parse("2027-08-01"));
    assertThat(model.contextTokens()).isEqualTo(5);
    assertThat(model.maxOutputTokens()).isEqualTo(6);
    assertThat(model.minCacheableTokens()).isEqualTo(7);
    assertThat(price(catalogue, "claude-opus-5", Usage.of(1, 1), NOVEMBER).priceVersion())
        .isEqualTo("claude-opus-5@start");
  }

  @ParameterizedTest
  @CsvSource({
    "claude-opus-5.inptu,             1,     is not known",
    "claude-opus-5,                   1,     is not known",
    "input,                           1,     is not known",
    "claude-opus-5.input,             0,     above zero",
    "claude-opus-5.input,             -1,    above zero",
    "claude-opus-5.input,             free,  above zero",
    "claude-opus-5.retires,           soon,  a day like",
    "claude-opus-5.context-tokens,    1.5,   number of tokens",
    "claude-opus-5.us-surcharge,      yes,   true or false",
    "claude-opus-5.from,              2026-11-01, no prices|there are none",
    "claude-opus-5.long-prompt.input, 1,     longest-prompt",
    "claude-next.input,               1,     needs both"
  })
  void whatCannotBeUsedIsNamed(String key, String value, String complaint) {
    assertThatExceptionOfType(UnusableModelSetting.class)
        .isThrownBy(() -> configured(key, value))
        .withMessageStartingWith("millrace.models.")
        .satisfies(refused -> assertThat(refused.getMessage()).containsPattern(complaint));
  }

  @Test
  void oneModelIsNotSetUnderTwoNames() {
    assertThatExceptionOfType(UnusableModelSetting.class)
        .isThrownBy(() ->
            configured(
                "claude-opus-4-5.input", "1",
                "claude-opus-4-5-20251101.input", "2"))
        .withMessageContaining("twice");
  }

  @Test
  void retirementsAreNearForSixtyDays() {
    var catalogue = ModelCatalogue.bundled();

    assertThat(catalogue.retirement("claude-sonnet-4-5", Instant.parse("2026-09-30T23:59:59Z")))
        .isEmpty();
    assertThat(catalogue.retirement("claude-sonnet-4-5", Instant.parse("2026-10-01T00:00:00Z")))
        .hasValue(new Retirement("claude-sonnet-4-5-20250929", LocalDate.parse("2026-11-30"), 60));
    assertThat(
            catalogue
                .retirement("claude-sonnet-4-5-20250929", Instant.parse("2026-12-01T00:00:00Z"))
                .orElseThrow()
                .warning())
        .contains("was retired on 2026-11-30");
    assertThat(catalogue.retirement("claude-opus-5-5", Instant.parse("2028-01-01T00:00:00Z")))
        .isEmpty();
    assertThat(catalogue.retirement("claude-next", Instant.parse(NOVEMBER))).isEmpty();
  }

  private static String version(String input) {
    return price(
            configured("claude-opus-5-5.input", input), "claude-opus-5-5", Usage.of(1, 1), NOVEMBER)
        .priceVersion();
  }

  private static Cost price(ModelCatalogue catalogue, String model, Usage usage, String at) {
    return catalogue.price(model, usage, Instant.parse(at), CallMode.SINGLE).known().orElseThrow();
  }

  private static ModelCatalogue configured(String... keysAndValues) {
    Map<String, String> settings = new HashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      settings.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return ModelCatalogue.configured(settings);
  }
}
