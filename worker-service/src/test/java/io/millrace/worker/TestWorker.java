package io.millrace.worker;

import io.millrace.testkit.KafkaExtension;
import io.millrace.testkit.PostgresExtension;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The worker service inside the test's JVM, as its main would start it, without its web port. */
final class TestWorker implements AutoCloseable {

  private final ConfigurableApplicationContext context;

  private TestWorker(ConfigurableApplicationContext context) {
    this.context = context;
  }

  static TestWorker start(
      PostgresExtension postgres, KafkaExtension kafka, URI claude, String... settings) {
    return start(postgres, kafka.bootstrapServers(), claude, settings);
  }

  static TestWorker start(
      PostgresExtension postgres, String kafka, URI claude, String... settings) {
    return new TestWorker(
        new SpringApplicationBuilder(WorkerApplication.class)
            .web(WebApplicationType.NONE)
            .logStartupInfo(false)
            .registerShutdownHook(false)
            .bannerMode(org.springframework.boot.Banner.Mode.OFF)
            .properties(properties(postgres, kafka, claude))
            .properties(settings)
            .run());
  }

  static Map<String, Object> properties(PostgresExtension postgres, String kafka, URI claude) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("spring.datasource.url", postgres.jdbcUrl());
    properties.put("spring.datasource.username", postgres.username());
    properties.put("spring.datasource.password", postgres.password());
    properties.put("spring.kafka.bootstrap-servers", kafka);
    properties.put("anthropic.base-url", claude.toString());
    properties.put("anthropic.api-key", "sk-test");
    properties.put("millrace.lease", "3s");
    properties.put("millrace.drain.grace", "10s");
    properties.put("millrace.dispatch.sweep", "3s");
    return properties;
  }

  <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  /** Drains and stops, as on a SIGTERM. */
  @Override
  public void close() {
    context.close();
  }
}
