package io.millrace.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

class WebhookSettingsTest {

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties(WebhookSettings.class)
  static class OnlySettings {}

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner().withUserConfiguration(OnlySettings.class);

  @Test
  void everythingHasADefault() {
    runner.run(context ->
        assertThat(context.getBean(WebhookSettings.class))
            .isEqualTo(
                new WebhookSettings(
                    List.of(
                        Duration.ZERO,
                        Duration.ofSeconds(5),
                        Duration.ofMinutes(5),
                        Duration.ofMinutes(30),
                        Duration.ofHours(2),
                        Duration.ofHours(5),
                        Duration.ofHours(10),
                        Duration.ofHours(14),
                        Duration.ofHours(20),
                        Duration.ofHours(24)),
                    0.2,
                    Duration.ofSeconds(15),
                    Duration.ofDays(5),
                    List.of(),
                    false)));
  }

  @Test
  void eachKeyArrives() {
    runner
        .withPropertyValues(
            "millrace.webhooks.schedule=1s,2s",
            "millrace.webhooks.jitter=0",
            "millrace.webhooks.timeout=3s",
            "millrace.webhooks.disable-after=1h",
            "millrace.webhooks.allow=loopback,10.0.0.0/8",
            "millrace.webhooks.allow-http=true")
        .run(context ->
            assertThat(context.getBean(WebhookSettings.class))
                .isEqualTo(
                    new WebhookSettings(
                        List.of(Duration.ofSeconds(1), Duration.ofSeconds(2)),
                        0,
                        Duration.ofSeconds(3),
                        Duration.ofHours(1),
                        List.of("loopback", "10.0.0.0/8"),
                        true)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "millrace.webhooks.schedule=-1s",
        "millrace.webhooks.jitter=1",
        "millrace.webhooks.jitter=-0.1",
        "millrace.webhooks.jitter=NaN",
        "millrace.webhooks.timeout=0s",
        "millrace.webhooks.timeout=3m",
        "millrace.webhooks.disable-after=0s",
        "millrace.webhooks.allow=10.0.0.0/99"
      })
  void badValuesRefuseToStart(String bad) {
    runner.withPropertyValues(bad).run(context -> assertThat(context).hasFailed());
  }
}
