package io.millrace.api.live;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.api.patience.Turnstile;
import io.millrace.db.job.JobChanges;
import io.millrace.db.sql.Database;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires live streams. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(LiveSettings.class)
public class LiveConfiguration {

  @Bean
  LiveLoop liveLoop(Database database, LiveSettings settings, MeterRegistry meters) {
    return new LiveLoop(new JobChanges(database), settings.buffer(), meters);
  }

  @Bean
  LiveStreams liveStreams(LiveLoop loop) {
    return loop.streams();
  }

  @Bean
  LiveController liveController(
      Database database,
      LiveStreams streams,
      Turnstile turnstile,
      LiveSettings settings,
      MeterRegistry registry) {
    var changes = new JobChanges(database);
    var meters = new StreamMeters(registry, streams);
    return new LiveController(
        new StreamJob(streams, changes, meters, settings.keepAlive()),
        new StreamTenant(streams, changes, turnstile, meters, settings.keepAlive()),
        new Places(settings.perTenant(), settings.total()),
        streams,
        meters,
        settings.longest());
  }
}
