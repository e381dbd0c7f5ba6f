package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.money.CallMode;
import io.millrace.money.Cost;
import io.millrace.money.Dollars;
import io.millrace.money.Usage;
import io.millrace.money.UsageKind;
import java.math.BigDecimal;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
    "claude-haiku-5-5,           0.50, 2.50, 0.625, 1.00, 0.05, 0.25, 1.25",
    "claude-haiku-4-5,           1,    5,    1.25,  2,    0.10, 0.50, 2.50",
    "claude-haiku-4-5-20251001,  1,    5,    1.25,  2,    0.10, 0.50, 2.50"
  })
  void aMillionTokensCostWhatTheTableSays(
      String model, String in, String out, String w5, String w1, String read, String bin) {
    assertCosts(model, Usage.of(MILLION, 0), CallMode.SINGLE, in);
    assertCosts(model, Usage.of(0, 0).withCache(MILLION, 0, 0), CallMode.SINGLE, w5);
    assertCosts(model, Usage.of(0, 0).withCache(0, MILLION, 0), CallMode.SINGLE, w1);
    assertCosts(model, Usage.of(0, 0).withCache(0, 0, MILLION), CallMode.SINGLE, read);
    assertCosts(model, Usage.of(MILLION, 0), CallMode.BATCH, bin);
    if (!model.startsWith("claude-haiku-5-5")) {
      assertCosts(model, Usage.of(0, MILLION), CallMode.SINGLE, out);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "claude-fable-5-2,  20", "claude-fable-5-1,  25", "claude-mythos-5,   25",
    "claude-opus-5-5,   10", "claude-opus-4-7,   12.50", "claude-sonnet-5-5, 5",
    "claude-sonnet-5,   5", "claude-sonnet-4-6, 7.50", "claude-haiku-4-5,  2.50"
  })
  void aMillionOutputTokensInABatch(String model, String price) {
    assertCosts(model, Usage.of(0, MILLION), CallMode.BATCH, price);
    assertCosts(model, Usage.of(0, MILLION).withTerms("batch", null, null), CallMode.SINGLE, price);
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
  void fastModeHasPricesOnlyWhereTheyAreKnown() {
    Usage fast = Usage.of(MILLION, MILLION).withTerms(null, null, "fast");

    assertCosts("claude-opus-5", fast, CallMode.SINGLE, "60");
    assertCosts(
        "claude-opus-5", fast.withCache(MILLION, MILLION, MILLION), CallMode.SINGLE, "93.5");
    assertUnpriced("claude-opus-5-5", fast);
  }

  @Test
  void whatNobodyHasPricedHasNoCost() {
    assertUnpriced("claude-next", Usage.of(1, 1));
    assertUnpriced("claude-mythos-preview", Usage.of(1, 1));
    assertUnpriced("claude-mythos-5-2", Usage.of(1, 1).withCache(0, 0, 1));
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

  private void assertCosts(String model, Usage usage, CallMode mode, String amount) {
    assertThat(catalogue.price(model, usage, NOVEMBER, mode).known().orElseThrow().amount())
        .as("%s %s %s", model, usage, mode)
        .isEqualByComparingTo(amount);
  }

  private void assertUnpriced(String model, Usage usage) {
    assertThat(catalogue.price(model, usage, NOVEMBER, CallMode.SINGLE).known()).isEmpty();
  }

  private Cost price(String model, Usage usage, String at) {
    return catalogue.price(model, usage, Instant.parse(at), CallMode.SINGLE).known().orElseThrow();
  }
}
