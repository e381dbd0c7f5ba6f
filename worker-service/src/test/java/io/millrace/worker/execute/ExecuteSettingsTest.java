package io.millrace.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.breaker.BreakerTerms;
import io.millrace.claude.call.UpstreamSettings;
import io.millrace.claude.call.UpstreamSettings.Streaming;
import io.millrace.claude.limit.LimiterSettings.Mode;
import io.millrace.claude.limit.PoolLimits;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.unit.DataSize;

class ExecuteSettingsTest {

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties({
    ExecuteSettings.class,
    ClaudeSettings.class,
    CallSettings.class,
    LimitSettings.class,
    BreakerSettings.class
  })
  static class OnlySettings {}

  private final ApplicationContextRunner keyless =
      new ApplicationContextRunner().withUserConfiguration(OnlySettings.class);
  private final ApplicationContextRunner runner =
      keyless.withPropertyValues("anthropic.api-key=sk-secret");

  @Test
  void everythingButTheKeyHasADefault() {
    runner.run(context -> {
      assertThat(context.getBean(ExecuteSettings.class))
          .isEqualTo(new ExecuteSettings(10_000, DataSize.ofMegabytes(256), Duration.ofSeconds(2)));
      assertThat(context.getBean(ClaudeSettings.class).baseUrl())
          .isEqualTo(URI.create("https://api.anthropic.com"));
      assertThat(context.getBean(LimitSettings.class).limits()).isEmpty();
      assertThat(upstream(context)).isEqualTo(context.getBean(ClaudeSettings.class).upstream());
      assertThat(context.getBean(BreakerSettings.class).terms()).isEqualTo(BreakerTerms.DEFAULTS);
    });
  }

  @Test
  void eachKeyArrives() {
    runner
        .withPropertyValues(
            "millrace.worker.slots=7",
            "millrace.worker.bytes=64MB",
            "millrace.worker.patience=0s",
            "anthropic.base-url=http://127.0.0.1:9",
            "millrace.breaker.window=30",
            "millrace.breaker.minimum-calls=10",
            "millrace.breaker.failure-rate=80",
            "millrace.breaker.open=2s",
            "millrace.breaker.longest-open=9s",
            "millrace.breaker.half-open-calls=1",
            "millrace.call.stream-above=0",
            "millrace.call.stream-start=1m",
            "millrace.call.stream-idle=30s",
            "millrace.call.max-answer=1MB",
            "millrace.limits.default.requests-per-minute=60",
            "millrace.limits.[haiku-5.5].input-tokens-per-minute=1000",
            "millrace.limits.[haiku-5.5].output-tokens-per-minute=100",
            "millrace.limits.[haiku-5.5].concurrent-calls=8",
            "millrace.limiter.mode=shadow")
        .run(context -> {
          assertThat(context.getBean(ExecuteSettings.class))
              .isEqualTo(new ExecuteSettings(7, DataSize.ofMegabytes(64), Duration.ZERO));
          assertThat(context.getBean(ClaudeSettings.class).baseUrl())
              .isEqualTo(URI.create("http://127.0.0.1:9"));
          assertThat(upstream(context).streaming())
              .isEqualTo(new Streaming(0, Duration.ofMinutes(1), Duration.ofSeconds(30)));
          assertThat(upstream(context).maxAnswerBytes()).isEqualTo(1 << 20);
          assertThat(context.getBean(BreakerSettings.class).terms())
              .isEqualTo(
                  new BreakerTerms(30, 10, 80, Duration.ofSeconds(2), Duration.ofSeconds(9), 1));
          assertThat(context.getBean(LimitSettings.class).limits())
              .containsEntry("default", PoolLimits.perMinute(60L, null, null))
              .containsEntry("haiku-5.5", new PoolLimits(null, 1_000L, 100L, 8));
          assertThat(context.getBean(LimitSettings.class).limiter().mode()).isEqualTo(Mode.SHADOW);
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "millrace.worker.slots=0",
        "millrace.worker.bytes=63MB",
        "millrace.worker.patience=-1s",
        "millrace.limits.default.requests-per-minute=0",
        "millrace.breaker.minimum-calls=51",
        "millrace.breaker.failure-rate=0",
        "millrace.breaker.longest-open=4s",
        "millrace.breaker.half-open-calls=0",
        "millrace.call.stream-above=-1",
        "millrace.call.stream-start=0s",
        "millrace.call.stream-idle=0s",
        "millrace.call.max-answer=2GB",
        "millrace.limits.default.concurrent-calls=0",
        "millrace.limiter.mode=strict",
        "anthropic.api-key="
      })
  void badValuesRefuseToStart(String bad) {
    runner.withPropertyValues(bad).run(context -> assertThat(context).hasFailed());
  }

  private static UpstreamSettings upstream(ApplicationContext context) {
    return context.getBean(CallSettings.class).on(context.getBean(ClaudeSettings.class).upstream());
  }

  @Test
  void withoutAKeyThereIsNoWorker() {
    keyless.run(context ->
        assertThat(context)
            .getFailure()
            .rootCause()
            .hasMessageContaining("ANTHROPIC_API_KEY is not set"));
  }

  @Test
  void theKeyIsNotShown() {
    runner.run(context ->
        assertThat(context.getBean(ClaudeSettings.class).toString()).doesNotContain("sk-secret"));
  }
}
