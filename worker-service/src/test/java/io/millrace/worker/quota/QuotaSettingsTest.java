package io.millrace.worker.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

class QuotaSettingsTest {

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties(QuotaSettings.class)
  static class OnlySettings {}

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner().withUserConfiguration(OnlySettings.class);

  @Test
  void thereAreNoQuotasByDefault() {
    runner.run(context -> {
      var settings = context.getBean(QuotaSettings.class);
      assertThat(settings).isEqualTo(new QuotaSettings(Map.of(), Map.of()));
      assertThat(settings.areNone()).isTrue();
      assertThat(settings.ofTenant("acme")).isNull();
    });
  }

  @Test
  void eachKeyArrives() {
    runner
        .withPropertyValues(
            "millrace.quotas.tenants.acme.requests-per-minute=100",
            "millrace.quotas.tenants.[acme_eu.west].tokens-per-minute=7000",
            "millrace.quotas.users.default.requests-per-minute=10",
            "millrace.quotas.users.default.tokens-per-minute=5000",
            "millrace.quotas.users.acme.requests-per-minute=20")
        .run(context -> {
          var settings = context.getBean(QuotaSettings.class);
          assertThat(settings.ofTenant("acme")).isEqualTo(new Quota(100L, null));
          assertThat(settings.ofTenant("acme_eu.west")).isEqualTo(new Quota(null, 7_000L));
          assertThat(settings.ofTenant("other")).isNull();
          assertThat(settings.ofUsers("acme")).isEqualTo(new Quota(20L, null));
          assertThat(settings.ofUsers("other")).isEqualTo(new Quota(10L, 5_000L));
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          tenants.acme.requests-per-minute=0   | requests-per-minute under millrace.quotas is at least 1, not 0
          users.default.tokens-per-minute=-1   | tokens-per-minute under millrace.quotas is at least 1, not -1
          users.default.request-per-minute=10  | [millrace.quotas.users.default.request-per-minute] were left unbound
          """)
  void badValuesRefuseToStart(String bad, String said) {
    runner
        .withPropertyValues("millrace.quotas." + bad)
        .run(context ->
            assertThat(context).hasFailed().getFailure().rootCause().hasMessageContaining(said));
  }
}
