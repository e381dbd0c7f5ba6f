package io.millrace.cli.settings;

import io.millrace.cli.terminal.Terminal;
import io.millrace.db.sql.Database;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;

/** Reads what the services are configured with, from the same files and variables. */
public final class ServiceSettings {

  private ServiceSettings() {}

  /** Nothing but the configuration, read as the services read it. */
  @Configuration(proxyBeanMethods = false)
  static class OnlySettings {}

  /** The configuration; {@code settings} are those of the command line, which win. */
  public static ConfigurableEnvironment read(Terminal terminal, List<String> settings) {
    // The variables of this command's environment first: a test has its own.
    Map<String, Object> defaults = new HashMap<>();
    defaults.put("spring.config.name", "millrace,millrace-worker");
    variable(terminal, "SPRING_DATASOURCE_URL", "spring.datasource.url", defaults);
    variable(terminal, "SPRING_DATASOURCE_USERNAME", "spring.datasource.username", defaults);
    variable(terminal, "SPRING_DATASOURCE_PASSWORD", "spring.datasource.password", defaults);
    variable(terminal, "MILLRACE_ENCRYPTION_KEYS", "millrace.encryption.keys", defaults);
    variable(terminal, "MILLRACE_ENCRYPTION_KEYSFILE", "millrace.encryption.keys-file", defaults);
    variable(terminal, "MILLRACE_ENCRYPTION_CURRENT", "millrace.encryption.current", defaults);
    try (var context =
        new SpringApplicationBuilder(OnlySettings.class)
            .web(WebApplicationType.NONE)
            .bannerMode(Banner.Mode.OFF)
            .logStartupInfo(false)
            .registerShutdownHook(false)
            .properties(defaults)
            .run(settings.toArray(String[]::new))) {
      return context.getEnvironment();
    }
  }

  /** The services' database; empty where none is named. */
  public static Optional<Database.Address> database(ConfigurableEnvironment environment) {
    String url = environment.getProperty("spring.datasource.url", "");
    return url.isBlank()
        ? Optional.empty()
        : Optional.of(
            new Database.Address(
                url,
                environment.getProperty("spring.datasource.username", ""),
                environment.getProperty("spring.datasource.password", "")));
  }

  private static void variable(
      Terminal terminal, String variable, String property, Map<String, Object> defaults) {
    String value = terminal.variable(variable);
    if (value != null) {
      defaults.put(property, value);
    }
  }
}
