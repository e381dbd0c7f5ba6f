package io.millrace.worker.rescue;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

class RetentionSettingsTest {

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties(RetentionSettings.class)
  static class OnlySettings {}

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner().withUserConfiguration(OnlySettings.class);

  @Test
  void everythingHasADefault() {
    runner.run(context ->
        assertThat(context.getBean(RetentionSettings.class))
            .isEqualTo(
                new RetentionSettings(
                    Duration.ofDays(29),
                    Duration.ofDays(90),
                    Duration.ofDays(400),
                    Duration.ofMinutes(1),
                    Duration.ofHours(24),
                    Duration.ofDays(29),
                    Duration.ofDays(7))));
  }

  @Test
  void eachKeyArrives() {
    runner
        .withPropertyValues(
            "millrace.retention.results=3d",
            "millrace.retention.jobs=4d",
            "millrace.retention.costs=5d",
            "millrace.retention.fetched=0s",
            "millrace.retention.unfetched=2h",
            "millrace.retention.deliveries=9d",
            "millrace.retention.delivery-payloads=8d")
        .run(context -> {
          var settings = context.getBean(RetentionSettings.class);
          assertThat(settings)
              .isEqualTo(
                  new RetentionSettings(
                      Duration.ofDays(3),
                      Duration.ofDays(4),
                      Duration.ofDays(5),
                      Duration.ZERO,
                      Duration.ofHours(2),
                      Duration.ofDays(9),
                      Duration.ofDays(8)));
          assertThat(settings.grace()).isEqualTo(Duration.ofDays(3));
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "millrace.retention.results=23h",
        "millrace.retention.results=91d",
        "millrace.retention.jobs=28d",
        "millrace.retention.costs=28d",
        "millrace.retention.fetched=-1s",
        "millrace.retention.unfetched=30s",
        "millrace.retention.deliveries=6d",
        "millrace.retention.delivery-payloads=23h"
      })
  void badValuesRefuseToStart(String bad) {
    runner.withPropertyValues(bad).run(context -> assertThat(context).hasFailed());
  }
}
