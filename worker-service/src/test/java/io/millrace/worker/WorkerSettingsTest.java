package io.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.worker.dispatch.DispatchSettings;
import io.millrace.worker.drain.DrainSettings;
import io.millrace.worker.kafka.KafkaSettings;
import io.millrace.worker.lease.LeaseSettings;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

class WorkerSettingsTest {

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties({
    DispatchSettings.class,
    DrainSettings.class,
    KafkaSettings.class,
    LeaseSettings.class
  })
  static class OnlySettings {}

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner().withUserConfiguration(OnlySettings.class);

  @Test
  void everythingHasADefault() {
    runner.run(context -> {
      assertThat(context.getBean(DispatchSettings.class))
          .isEqualTo(
              new DispatchSettings(
                  Duration.ofSeconds(1), 2_000, Duration.ofSeconds(20), Duration.ofMillis(250)));
      assertThat(context.getBean(DrainSettings.class))
          .isEqualTo(new DrainSettings(Duration.ofSeconds(30)));
      assertThat(context.getBean(KafkaSettings.class)).isEqualTo(new KafkaSettings(1, (short) -1));
      assertThat(context.getBean(LeaseSettings.class))
          .isEqualTo(new LeaseSettings(Duration.ofSeconds(15)));
    });
  }

  @Test
  void eachKeyArrives() {
    runner
        .withPropertyValues(
            "millrace.dispatch.horizon=3s",
            "millrace.dispatch.window=5",
            "millrace.dispatch.sweep=2s",
            "millrace.dispatch.idle=7ms",
            "millrace.drain.grace=0s",
            "millrace.kafka.partitions=12",
            "millrace.kafka.replication-factor=3",
            "millrace.lease=1s")
        .run(context -> {
          assertThat(context.getBean(DispatchSettings.class))
              .isEqualTo(
                  new DispatchSettings(
                      Duration.ofSeconds(3), 5, Duration.ofSeconds(2), Duration.ofMillis(7)));
          assertThat(context.getBean(DrainSettings.class))
              .isEqualTo(new DrainSettings(Duration.ZERO));
          assertThat(context.getBean(KafkaSettings.class))
              .isEqualTo(new KafkaSettings(12, (short) 3));
          assertThat(context.getBean(LeaseSettings.class))
              .isEqualTo(new LeaseSettings(Duration.ofSeconds(1)));
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "millrace.dispatch.horizon=-1s",
        "millrace.dispatch.window=0",
        "millrace.dispatch.sweep=999ms",
        "millrace.dispatch.idle=0ms",
        "millrace.drain.grace=-1s",
        "millrace.kafka.partitions=0",
        "millrace.kafka.replication-factor=0",
        "millrace.lease=999ms",
        "millrace.lease=soon"
      })
  void badValuesRefuseToStart(String bad) {
    runner.withPropertyValues(bad).run(context -> assertThat(context).hasFailed());
  }
}
