package io.millrace.api.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.access.AccessSettings.BootstrapKey;
import io.millrace.db.tenant.ApiKeys.Role;
import io.millrace.db.tenant.KeySecret;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.SystemEnvironmentPropertySource;

class AccessSettingsTest {

  private final ApplicationContextRunner context =
      new ApplicationContextRunner().withUserConfiguration(Enabled.class);

  @EnableConfigurationProperties(AccessSettings.class)
  static class Enabled {}

  @Test
  void byDefaultThereAreKeysToBeGiven() {
    context.run(started ->
        assertThat(started.getBean(AccessSettings.class))
            .isEqualTo(new AccessSettings(false, List.of())));
  }

  @Test
  void theEnvironmentBringsKeys() {
    context
        .withInitializer(starting ->
            starting
                .getEnvironment()
                .getPropertySources()
                .addFirst(
                    new SystemEnvironmentPropertySource(
                        "test-systemEnvironment",
                        Map.of(
                            "MILLRACE_API_KEYS",
                            "acme:a:b, rival:c,staff:d:e:operator, f:operator,g:h:tenant",
                            "MILLRACE_LOCAL",
                            "true"))))
        .run(started -> {
          var settings = started.getBean(AccessSettings.class);
          assertThat(settings.local()).isTrue();
          assertThat(settings.bootstrapKeys())
              .containsExactly(
                  key("acme", "a:b", Role.TENANT),
                  key("rival", "c", Role.TENANT),
                  key("staff", "d:e", Role.OPERATOR),
                  key("f", "operator", Role.TENANT),
                  key("g", "h", Role.TENANT));
        });
  }

  @Test
  void keysAreNotPrinted() {
    var settings = new AccessSettings(false, List.of("acme:secret", "staff:secret2:operator"));

    assertThat(settings.toString() + settings.bootstrapKeys()).doesNotContain("secret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "acme",
        ":secret",
        "acme:",
        "a b:secret",
        "-a:secret",
        "a::operator",
        "a:secret secret",
        "a:sécret"
      })
  void anUnreadableKeyIsRefusedWithoutRepeatingIt(String entry) {
    assertThatThrownBy(() -> new AccessSettings(false, List.of("ok:fine", entry)))
        .hasMessageStartingWith("millrace.api-keys: entry 2")
        .hasMessageNotContaining("secret");
  }

  @Test
  void oneKeyCannotSpeakForTwo() {
    assertThatThrownBy(
            () -> new AccessSettings(false, List.of("acme:secret", "rival:secret:operator")))
        .hasMessageNotContaining("secret");
  }

  private static BootstrapKey key(String tenant, String key, Role role) {
    return new BootstrapKey(tenant, new KeySecret(key), role);
  }
}
