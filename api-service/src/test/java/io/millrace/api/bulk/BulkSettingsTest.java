package io.millrace.api.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.unit.DataSize;

class BulkSettingsTest {

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner().withUserConfiguration(Wiring.class);

  @Test
  void defaultsAreThoseOfTheOriginal() {
    runner.run(context ->
        assertThat(context.getBean(BulkSettings.class))
            .isEqualTo(
                new BulkSettings(
                    100_000,
                    DataSize.ofMegabytes(256),
                    8,
                    2,
                    Duration.ofSeconds(30),
                    null,
                    Duration.ofHours(2),
                    Duration.ofHours(1))));
  }

  @Test
  void everyKeyIsTaken() {
    runner
        .withPropertyValues(
            "millrace.bulk.max-items=7",
            "millrace.bulk.max-bytes=9KB",
            "millrace.bulk.uploads=3",
            "millrace.bulk.stores=4",
            "millrace.bulk.patience=5s",
            "millrace.bulk.directory=/spool",
            "millrace.bulk.reserve=6m",
            "millrace.bulk.least-room=8m")
        .run(context ->
            assertThat(context.getBean(BulkSettings.class))
                .isEqualTo(
                    new BulkSettings(
                        7,
                        DataSize.ofKilobytes(9),
                        3,
                        4,
                        Duration.ofSeconds(5),
                        Path.of("/spool"),
                        Duration.ofMinutes(6),
                        Duration.ofMinutes(8))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max-items=0",
        "max-bytes=0B",
        "uploads=0",
        "stores=0",
        "patience=0s",
        "reserve=-1s"
      })
  void badBoundsRefuseToStart(String setting) {
    runner
        .withPropertyValues("millrace.bulk." + setting)
        .run(context -> assertThat(context).hasFailed());
  }

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties(BulkSettings.class)
  static class Wiring {}
}
