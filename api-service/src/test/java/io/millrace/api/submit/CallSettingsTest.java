package io.millrace.api.submit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

class CallSettingsTest {

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties(CallSettings.class)
  static class OnlySettings {}

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner().withUserConfiguration(OnlySettings.class);

  @Test
  void aCallTakesTenMinutesUnlessItIsSaidOtherwise() {
    runner.run(context ->
        assertThat(context.getBean(CallSettings.class))
            .isEqualTo(new CallSettings(Duration.ofMinutes(10))));
    runner
        .withPropertyValues("millrace.call.timeout=20m")
        .run(context ->
            assertThat(context.getBean(CallSettings.class).callTimeout().base())
                .isEqualTo(Duration.ofMinutes(20)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "61m", "soon"})
  void badValuesRefuseToStart(String bad) {
    runner
        .withPropertyValues("millrace.call.timeout=" + bad)
        .run(context -> assertThat(context).hasFailed());
  }
}
