package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.money.CallMode;
import io.millrace.money.Cost;
import io.millrace.money.Dollars;
import io.millrace.money.Pricing;
import io.millrace.money.Usage;
import io.millrace.money.UsageKind;
import java.math.BigDecimal;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.aggregator.ArgumentsAccessor;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

/** The published price table, typed in by hand: it checks the data file, so it must not read it. */
class PriceTableTest {
  private static final Instant NOVEMBER = Instant.parse("2026-11-20T12:00:00Z");
  private static final long MILLION = 1_000_000;

  private final ModelCatalogue catalogue = ModelCatalogue.bundled();

  @ParameterizedTest
  @CsvSource({
    // model, in, out, write 5m, write 1h, read, batch in, batch out
    "claude-fable-5-2,           8,    40,   10,    16,   0.20, 4,    20",
    "claude-fable-5-1,           10,   50,   12.50, 20,   0.25, 5,    25",
    "claude-mythos-5-1,          10,   50,   12.50, 20,   0.25, 5,    25",
    "claude-fable-5,             10,   50,   12.50, 20,   1.00, 5,    25",
    "claude-mythos-5,            10,   50,   12.50, 20,   1.00, 5,    25",
    "claude-opus-5-5,            4,    20,   5,     8,    0.20, 2,    10",
    "claude-opus-5,              5,    25,   6.25,  10,   0.50, 2.50, 12.50",
    "claude-opus-4-8,            5,    25,   6.25,  10,   0.50, 2.50, 12.50",
    "claude-opus-4-7,            5,    25,   6.25,  10,   0.50, 2.50, 12.50",
    "claude-opus-4-6,            5,    25,   6.25,  10,   0.50, 2.50, 12.50",
    "claude-opus-4-5,            5,    25,   6.25,  10,   0.50, 2.50, 12.50",
    "claude-opus-4-5-20251101,   5,    25,   6.25,  10,   0.50, 2.50, 12.50",
    "claude-sonnet-5-5,          2,    10,   2.50,  4,    0.10, 1,    5",
    "claude-sonnet-5,            2,    10,   2.50,  4,    0.20, 1,    5",
    "claude-sonnet-4-6,          3,    15,   3.75,  6,    0.30, 1.50, 7.50",
    "claude-sonnet-4-5,          3,    15,   3.75,  6,    0.30, 1.50, 7.50",
    "claude-sonnet-4-5-20250929, 3,    15,   3.75,  6,    0.30, 1.50, 7.50",
    "claude-haiku-4-5,           1,    5,    1.25,  2,    0.10, 0.50, 2.50",
    "claude-haiku-4-5-20251001,  1,    5,    1.25,  2,    0.10, 0.50, 2.50"
  })
  void aMillionTokensCostWhatTheTableSays(ArgumentsAccessor row) {
    assertRow(row, MILLION);
  }

  @ParameterizedTest
  @CsvSource({
    // dollars for 100,000 and for a million tokens of the prompt; an answer alone has the lower
    // rate
    "claude-haiku-5-5, 100000,  0.01, 0.5,  0.0125, 0.02, 0.001, 0.005, 0.25",
    "claude-haiku-5-5, 1000000, 0.50, 0.5,  0.625,  1.00, 0.05,  0.25,  0.25"
  })
  void haikuHasTwoRates(ArgumentsAccessor row) {
    long prompt = row.getLong(1);
    assertCosts(row.getString(0), Usage.of(prompt, 0), CallMode.SINGLE, row.getString(2));
    assertCosts(row.getString(0), Usage.of(0, MILLION), CallMode.SINGLE, row.getString(3));
    assertCosts(row.getString(0), writes5m(prompt), CallMode.SINGLE, row.getString(4));
    assertCosts(row.getString(0), writes1h(prompt), CallMode.SINGLE, row.getString(5));
    assertCosts(row.getString(0), reads(prompt), CallMode.SINGLE, row.getString(6));
    assertCosts(row.getString(0), Usage.of(prompt, 0), CallMode.BATCH, row.getString(7));
    assertCosts(row.getString(0), Usage.of(0, MILLION), CallMode.BATCH, row.getString(8));
  }

  @ParameterizedTest
  @CsvFileSource(resources = "bills.csv", delimiter = ',', nullValues = "-")
  void aWholeBillIsWhatItShouldBe(ArgumentsAccessor row) {
    Usage usage =
        Usage.of(row.getLong(5), row.getLong(9))
            .withCache(row.getLong(6), row.getLong(7), row.getLong(8))
            .withWebSearches(row.getLong(10))
            .withTerms(row.getString(2), row.getString(3), row.getString(4));
    Instant noon = Instant.parse(row.getString(1) + "T12:00:00Z");

    Cost cost =
        catalogue.price(row.getString(0), usage, noon, CallMode.SINGLE).known().orElseThrow();

    assertThat(cost.amount()).isEqualByComparingTo(row.getString(11));
  }

  @Test
  void whatTheAnswerSaysOfItsTierDecides() {
    Usage usage = Usage.of(MILLION, 0);

    assertCosts("claude-opus-5-5", usage.withTerms("batch", null, null), CallMode.SINGLE, "2");
    assertCosts("claude-opus-5-5", usage.withTerms("standard", null, null), CallMode.BATCH, "4");
    assertCosts("claude-opus-5-5", usage, CallMode.BATCH, "2");
  }

  @ParameterizedTest
  @CsvSource({
    // input, write 5m, read, output: the whole prompt chooses the band
    "100000, 0,     0,     1000, 0.010500",
    "100001, 0,     0,     1000, 0.0525005",
    "50000,  0,     50000, 1000, 0.006000",
    "50000,  0,     50001, 1000, 0.03000005",
    "60000,  40000, 0,     0,    0.011000",
    "60000,  40001, 0,     0,    0.055000625"
  })
  void haikuHasABandUpToAHundredThousandTokens(
      long input, long write, long read, long output, String cost) {
    assertCosts(
        "claude-haiku-5-5",
        Usage.of(input, output).withCache(write, 0, read),
        CallMode.SINGLE,
        cost);
  }

  @Test
  void sonnetReadsBecameCheaperInOctober() {
    Usage reads = Usage.of(0, 0).withCache(0, 0, MILLION);

    Cost before = price("claude-sonnet-5-5", reads, "2026-10-06T23:59:59.999Z");
    Cost after = price("claude-sonnet-5-5", reads, "2026-10-07T00:00:00Z");

    assertThat(before.amount()).isEqualByComparingTo("0.20");
    assertThat(before.priceVersion()).isEqualTo("claude-sonnet-5-5@start");
    assertThat(after.amount()).isEqualByComparingTo("0.10");
    assertThat(after.priceVersion()).isEqualTo("claude-sonnet-5-5@2026-10-07");
  }

  @Test
  void theAmericanSurchargeIsForTokensOfNewerModels() {
    Usage american = Usage.of(1000, 100).withWebSearches(3).withTerms(null, "us", null);

    // 1.1 × (1000 × 2 + 100 × 10) / 1,000,000 + 3 × 10 / 1,000
    assertCosts("claude-sonnet-5-5", american, CallMode.SINGLE, "0.0333");
    assertCosts(
        "claude-haiku-4-5",
        Usage.of(1000, 100).withTerms(null, "us", null),
        CallMode.SINGLE,
        "0.0015");
    assertCosts(
        "claude-sonnet-5-5",
        Usage.of(1000, 100).withTerms(null, "global", null),
        CallMode.SINGLE,
        "0.003");
  }

  @Test
  void modifiersStack() {
    Usage usage = Usage.of(0, 0).withCache(0, 0, MILLION).withTerms("batch", "us", null);

    // 0.20 × 0.5 × 1.1
    assertCosts("claude-opus-5-5", usage, CallMode.BATCH, "0.11");
  }

  @Test
  void aCostShowsHowItCameAbout() {
    Cost cost =
        price(
            "claude-sonnet-5-5", Usage.of(2000, 300).withCache(10, 20, 30), "2026-11-20T00:00:00Z");

    assertThat(cost.items())
        .extracting(Cost.LineItem::kind)
        .containsExactly(
            UsageKind.INPUT,
            UsageKind.OUTPUT,
            UsageKind.CACHE_WRITE_5M,
            UsageKind.CACHE_WRITE_1H,
            UsageKind.CACHE_READ);
    // 0.004 + 0.003 + 0.000025 + 0.00008 + 0.000003
    assertThat(Dollars.format(cost.amount())).isEqualTo("0.007108");
    assertThat(
            cost.items().stream()
                .map(Cost.LineItem::amount)
                .reduce(BigDecimal.ZERO, BigDecimal::add))
        .isEqualByComparingTo(cost.amount());
  }

  @Test
  void theExampleOfTheDesignCostsSevenThousandths() {
    assertThat(
            Dollars.format(
                price("claude-sonnet-5-5", Usage.of(2000, 300), "2026-11-20T00:00:00Z").amount()))
        .isEqualTo("0.007000");
  }

  @Test
  void fastModeHasTheCacheFactors() {
    Usage fast = Usage.of(MILLION, MILLION).withTerms(null, null, "fast");

    assertCosts("claude-opus-5", fast, CallMode.SINGLE, "60");
    assertCosts(
        "claude-opus-5", fast.withCache(MILLION, MILLION, MILLION), CallMode.SINGLE, "93.5");
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "claude-next,           standard, global, standard, MODEL",
        "claude-next,           weird,    weird,  weird,    MODEL",
        "claude-mythos-preview, -,        -,      -,        PRICE",
        "claude-mythos-5-2,     -,        -,      -,        PRICE",
        "claude-opus-5-5,       priority, -,      -,        SERVICE_TIER",
        "claude-opus-5-5,       flex,     -,      -,        SERVICE_TIER",
        "claude-opus-5-5,       -,        eu,     -,        INFERENCE_GEO",
        "claude-haiku-4-5,      -,        eu,     -,        INFERENCE_GEO",
        "claude-opus-5-5,       -,        -,      fast,     SPEED",
        "claude-opus-5,         -,        -,      faster,   SPEED",
        "claude-opus-5,         batch,    -,      fast,     PRICE"
      })
  void whatNobodyHasPricedHasNoCostAndAReason(
      String model, String tier, String geo, String speed, Pricing.Reason reason) {
    Usage usage = Usage.of(1, 1).withCache(0, 0, 1).withTerms(tier, geo, speed);

    assertThat(catalogue.price(model, usage, NOVEMBER, CallMode.SINGLE))
        .isEqualTo(new Pricing.Unpriced(reason));
  }

  @Test
  void mythosHasAPriceForAllButItsReads() {
    assertCosts("claude-mythos-5-2", Usage.of(MILLION, MILLION), CallMode.SINGLE, "48");
  }

  @Test
  void aSuspectedCostIsThatOfTheMostTheCallMayHaveUsed() {
    assertThat(
            catalogue
                .suspect("claude-sonnet-5-5", 1000, 4096, NOVEMBER, CallMode.SINGLE)
                .orElseThrow())
        .isEqualByComparingTo("0.04296");
    assertThat(catalogue.suspect("claude-next", 1000, 4096, NOVEMBER, CallMode.SINGLE)).isEmpty();
  }

  /** Columns: in, out, write 5m, write 1h, read, batch in, batch out, each for that many tokens. */
  private void assertRow(ArgumentsAccessor row, long tokens) {
    String model = row.getString(0);
    assertCosts(model, Usage.of(tokens, 0), CallMode.SINGLE, row.getString(1));
    assertCosts(model, Usage.of(0, tokens), CallMode.SINGLE, row.getString(2));
    assertCosts(model, writes5m(tokens), CallMode.SINGLE, row.getString(3));
    assertCosts(model, writes1h(tokens), CallMode.SINGLE, row.getString(4));
    assertCosts(model, reads(tokens), CallMode.SINGLE, row.getString(5));
    assertCosts(model, Usage.of(tokens, 0), CallMode.BATCH, row.getString(6));
    assertCosts(model, Usage.of(0, tokens), CallMode.BATCH, row.getString(7));
  }

  private static Usage writes5m(long tokens) {
    return Usage.of(0, 0).withCache(tokens, 0, 0);
  }

  private static Usage writes1h(long tokens) {
    return Usage.of(0, 0).withCache(0, tokens, 0);
  }

  private static Usage reads(long tokens) {
    return Usage.of(0, 0).withCache(0, 0, tokens);
  }

  private void assertCosts(String model, Usage usage, CallMode mode, String amount) {
    assertThat(catalogue.price(model, usage, NOVEMBER, mode).known().orElseThrow().amount())
        .as("%s %s %s", model, usage, mode)
        .isEqualByComparingTo(amount);
  }

  private Cost price(String model, Usage usage, String at) {
    return catalogue.price(model, usage, Instant.parse(at), CallMode.SINGLE).known().orElseThrow();
  }
}
