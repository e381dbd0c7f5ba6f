package io.millrace.worker.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.unit.DataSize;

class BatchSettingsTest {

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties(BatchSettings.class)
  static class OnlySettings {}

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner().withUserConfiguration(OnlySettings.class);

  @Test
  void everythingHasADefault() {
    runner.run(context ->
        assertThat(context.getBean(BatchSettings.class))
            .isEqualTo(
                new BatchSettings(
                    10_000,
                    DataSize.ofMegabytes(100),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(60),
                    Duration.ofMinutes(10),
                    Duration.ofMinutes(10),
                    200_000)));
  }

  @Test
  void eachKeyArrives() {
    runner
        .withPropertyValues(
            "millrace.batches.max-items=1",
            "millrace.batches.max-bytes=2B",
            "millrace.batches.max-wait=3s",
            "millrace.batches.poll-interval=4s",
            "millrace.batches.lost-wait=5s",
            "millrace.batches.not-found-wait=6s",
            "millrace.batches.enqueued-requests=7")
        .run(context ->
            assertThat(context.getBean(BatchSettings.class))
                .isEqualTo(
                    new BatchSettings(
                        1,
                        DataSize.ofBytes(2),
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(4),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(6),
                        7)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max-items=0",
        "max-items=100001",
        "max-bytes=0B",
        "max-bytes=256MB",
        "max-wait=-1s",
        "poll-interval=0s",
        "lost-wait=0s",
        "not-found-wait=0s",
        "enqueued-requests=0"
      })
  void whatCannotBeIsRefused(String setting) {
    runner
        .withPropertyValues("millrace.batches." + setting)
        .run(context -> assertThat(context).hasFailed());
  }
}
