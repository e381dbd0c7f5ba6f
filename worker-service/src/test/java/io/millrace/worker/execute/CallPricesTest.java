package io.millrace.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.claude.classify.MessageFacts;
import io.millrace.model.ModelCatalogue;
import io.millrace.money.CallMode;
import io.millrace.money.Usage;
import io.millrace.testkit.MutableClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallPricesTest {

  private static final Instant NOVEMBER = Instant.parse("2026-11-20T12:00:00Z");

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final CallPrices prices = new CallPrices(ModelCatalogue.bundled(), meters);

  @ParameterizedTest
  @CsvSource({
    "claude-haiku-4-5,  claude-haiku-4-5-20251001, claude-haiku-4-5",
    "claude-haiku-4-5,  claude-haiku-4-5,          claude-haiku-4-5",
    "claude-haiku-4-5,  ,                          claude-haiku-4-5",
    "claude-fable-5-2,  claude-opus-5-5,           claude-opus-5-5",
    "claude-next,       claude-next-20270101,      claude-next-20270101"
  })
  void theModelThatAnsweredIsBilled(String asked, String answered, String billed) {
    assertThat(prices.billed(asked, facts(answered, "{}"))).isEqualTo(billed);
  }

  @Test
  void aKnownPriceIsCharged() {
    var charge =
        prices.charge(
            "claude-haiku-4-5",
            facts("x", "{\"input_tokens\":1000,\"output_tokens\":100}"),
            NOVEMBER,
            CallMode.SINGLE);

    assertThat(charge.amount()).isEqualByComparingTo("0.0015");
    assertThat(charge.priceVersion()).isEqualTo("claude-haiku-4-5-20251001@start");
    assertThat(meters.getMeters()).isEmpty();
  }

  @Test
  void aCallByBatchCostsHalf() {
    var charge =
        prices.charge(
            "claude-haiku-4-5",
            facts("x", "{\"input_tokens\":1000,\"output_tokens\":100}"),
            NOVEMBER,
            CallMode.BATCH);

    assertThat(charge.amount()).isEqualByComparingTo("0.00075");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "claude-next|{\"input_tokens\":1,\"output_tokens\":1}|other|model",
        "claude-haiku-4-5|{\"input_tokens\":1}|claude-haiku-4-5-20251001|usage",
        "claude-opus-5|{\"input_tokens\":1,\"output_tokens\":1,\"service_tier\":\"priority\"}"
            + "|claude-opus-5|service_tier",
        "claude-opus-5|{\"input_tokens\":1,\"output_tokens\":1,\"inference_geo\":\"eu\"}"
            + "|claude-opus-5|inference_geo",
        "claude-opus-5-5|{\"input_tokens\":1,\"output_tokens\":1,\"speed\":\"fast\"}"
            + "|claude-opus-5-5|speed"
      })
  void whatHasNoPriceIsRecordedWithoutOneAndCounted(
      String model, String usage, String label, String reason) {
    var charge = prices.charge(model, facts("x", usage), NOVEMBER, CallMode.SINGLE);

    assertThat(charge.amount()).isNull();
    assertThat(charge.priceVersion()).isNull();
    assertThat(charge.rawUsage()).isEqualTo(usage);
    assertThat(
            meters.get("millrace.cost.unpriced").tags("model", label, "reason", reason).counter())
        .satisfies(counter -> assertThat(counter.count()).isEqualTo(1));
  }

  @Test
  void daysToARetirementAreCountedDown() {
    var clock = MutableClock.at(NOVEMBER);
    var retirements = new Retirements(ModelCatalogue.bundled(), meters, clock);

    retirements.used("claude-sonnet-4-5");
    retirements.used("claude-next");

    var gauge =
        meters
            .get("millrace.models.retirement.days")
            .tag("model", "claude-sonnet-4-5-20250929")
            .gauge();
    assertThat(gauge.value()).isEqualTo(10);
    clock.advance(Duration.ofDays(11));
    assertThat(gauge.value()).isEqualTo(-1);
  }

  private static MessageFacts facts(String model, String rawUsage) {
    return new MessageFacts("msg_1", model, "end_turn", Usage.of(1, 1), rawUsage);
  }
}
