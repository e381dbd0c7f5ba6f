package io.millrace.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.simulator.limit.Limits;
import io.millrace.simulator.limit.PoolLimits;
import io.millrace.simulator.timing.Distribution;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LimitsTest {
  private static final String LONG = Caller.ask("claude-haiku-4-5", "x".repeat(4 * 997));

  private final MovedClock clock = new MovedClock();
  private final Simulator simulator =
      Simulator.start(SimulatorSettings.defaults().withClock(clock));
  private final Caller caller = new Caller(simulator);

  @AfterEach
  void stop() {
    caller.close();
    simulator.close();
  }

  private void limit(long requests, long input, long output) {
    simulator.limits(
        Limits.each(new PoolLimits(requests, input, output))
            .withBursts(Duration.ofSeconds(2), Duration.ofSeconds(12)));
  }

  @Test
  void withoutLimitsThereAreNoHeaders() throws Exception {
    assertThat(caller.hello().http().headers().map().keySet())
        .noneMatch(name -> name.startsWith("anthropic-ratelimit"));
  }

  @Test
  void requestsAreLimitedBelowAMinutesBurstAndRefillContinuously() throws Exception {
    limit(60, PoolLimits.UNLIMITED, PoolLimits.UNLIMITED);
    assertThat(caller.hello().header("anthropic-ratelimit-requests-remaining")).isEqualTo("59");
    assertThat(caller.hello().status()).isEqualTo(200);
    Caller.Answer refused = caller.hello();
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.errorType()).isEqualTo("rate_limit_error");
    assertThat(refused.message())
        .startsWith(
            "This request would exceed your organization's rate limit of 60 requests per minute (org: ")
        .contains("model: claude-haiku-5-5");
    assertThat(refused.header("retry-after")).isEqualTo("1");
    clock.move(Duration.ofMillis(999));
    assertThat(caller.hello().status()).isEqualTo(429);
    clock.move(Duration.ofMillis(1));
    assertThat(caller.hello().status()).isEqualTo(200);
    assertThat(simulator.stats().pools().get("haiku-5-5").refused()).isEqualTo(2);
    assertThat(simulator.stats().pools().get("haiku-5-5").requests()).isEqualTo(3);
  }

  @Test
  void headersTellLimitRoundedRestAndTheTimeOfFullReplenishment() throws Exception {
    limit(60, 60_000, 30_000);
    simulator.outputTokens(new Distribution.Fixed(400));
    Caller.Answer answer = caller.message(LONG);
    assertThat(answer.header("anthropic-ratelimit-requests-limit")).isEqualTo("60");
    assertThat(answer.header("anthropic-ratelimit-requests-reset"))
        .isEqualTo("2026-11-20T12:00:01Z");
    assertThat(answer.header("anthropic-ratelimit-input-tokens-limit")).isEqualTo("60000");
    assertThat(answer.header("anthropic-ratelimit-input-tokens-remaining")).isEqualTo("59000");
    assertThat(answer.header("anthropic-ratelimit-input-tokens-reset"))
        .isEqualTo("2026-11-20T12:00:01Z");
    // 29,600 left
    assertThat(answer.header("anthropic-ratelimit-output-tokens-remaining")).isEqualTo("30000");
    assertThat(answer.header("anthropic-ratelimit-tokens-limit")).isEqualTo("90000");
    assertThat(answer.header("anthropic-ratelimit-tokens-remaining")).isEqualTo("89000");
  }

  @Test
  void inputIsRefusedBeforeItIsExceeded() throws Exception {
    limit(1_000, 5_000, PoolLimits.UNLIMITED);
    assertThat(caller.message(LONG).status()).isEqualTo(200);
    Caller.Answer refused = caller.message(LONG);
    assertThat(refused.message()).contains("rate limit of 5,000 input tokens per minute");
    assertThat(refused.header("retry-after")).isEqualTo("12");
    clock.move(Duration.ofSeconds(12));
    assertThat(caller.message(LONG).status()).isEqualTo(200);
  }

  @Test
  void aRequestAboveTheBurstPassesAFullBucketAloneAndOneAboveTheLimitNever() throws Exception {
    limit(1_000, 2_000, PoolLimits.UNLIMITED);
    assertThat(caller.message(LONG).status()).isEqualTo(200);
    clock.move(Duration.ofSeconds(29));
    assertThat(caller.message(LONG).status()).isEqualTo(429);
    clock.move(Duration.ofSeconds(1));
    assertThat(caller.message(LONG).status()).isEqualTo(200);
    limit(1_000, 900, PoolLimits.UNLIMITED);
    clock.move(Duration.ofHours(1));
    assertThat(caller.message(LONG).status()).isEqualTo(429);
  }

  @Test
  void outputIsChargedByWhatWasProducedNotByMaxTokens() throws Exception {
    limit(1_000, PoolLimits.UNLIMITED, 600);
    assertThat(caller.hello().status()).isEqualTo(200);
    // 120 may be used at once: 64 leave 56, another 64 leave a debt of 8.
    assertThat(caller.hello().status()).isEqualTo(200);
    Caller.Answer refused = caller.hello();
    assertThat(refused.message()).contains("600 output tokens per minute");
    clock.move(Duration.ofSeconds(1));
    assertThat(caller.hello().status()).isEqualTo(200);
    assertThat(simulator.stats().pools().get("haiku-5-5").outputTokens()).isEqualTo(192);
  }

  @Test
  void inputIsChargedByEstimateAndSettledWithTheAnswer() throws Exception {
    try (Simulator estimating =
            Simulator.start(SimulatorSettings.defaults().withClock(clock).withInputEstimate(2));
        Caller other = new Caller(estimating)) {
      estimating.limits(
          Limits.each(new PoolLimits(1_000, 10_000, 10_000))
              .withBursts(Duration.ofSeconds(2), Duration.ofSeconds(12)));
      assertThat(other.message(LONG).status()).isEqualTo(200);
      assertThat(estimating.stats().pools().get("haiku-4-5").inputTokens()).isEqualTo(1_000);
      // 1,000 are left, 2,000 the estimate.
      assertThat(other.message(LONG).status()).isEqualTo(429);
    }
  }

  @Test
  void poolsAreIndependentAndModelsOfOnePoolShare() throws Exception {
    limit(30, PoolLimits.UNLIMITED, PoolLimits.UNLIMITED);
    assertThat(caller.message(Caller.ask("claude-opus-4-8", "Hi")).status()).isEqualTo(200);
    assertThat(caller.message(Caller.ask("claude-opus-4-7", "Hi")).status()).isEqualTo(429);
    assertThat(caller.message(Caller.ask("claude-opus-5", "Hi")).status()).isEqualTo(200);
  }

  @Test
  void countingTokensHasALimitOfItsOwn() throws Exception {
    simulator.limits(Limits.unlimited().withCountTokens(12));
    String body =
        "{\"model\":\"claude-haiku-5-5\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
    assertThat(caller.post("/v1/messages/count_tokens", body).status()).isEqualTo(200);
    assertThat(caller.post("/v1/messages/count_tokens", body).status()).isEqualTo(429);
    assertThat(caller.hello().status()).isEqualTo(200);
  }

  @Test
  void limitsChangeOverTheControlApi() throws Exception {
    caller.post(
        "/simulator/config",
        "{\"limits\":{\"pools\":{\"haiku-5-5\":{\"requests\":30}},\"request_burst_seconds\":2}}");
    assertThat(caller.hello().status()).isEqualTo(200);
    assertThat(caller.hello().status()).isEqualTo(429);
    caller.post("/simulator/config", "{\"limits\":\"start\"}");
    assertThat(caller.hello().header("anthropic-ratelimit-requests-limit")).isEqualTo("1000");
    caller.post("/simulator/config", "{\"limits\":\"unlimited\"}");
    assertThat(caller.hello().status()).isEqualTo(200);
    assertThat(caller.post("/simulator/config", "{\"limits\":\"fast\"}").body())
        .contains("unlimited, start, build, scale");
  }
}
