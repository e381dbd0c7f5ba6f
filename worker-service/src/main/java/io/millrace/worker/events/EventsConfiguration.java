package io.millrace.worker.events;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.KafkaTemplate;

@Configuration(proxyBeanMethods = false)
public class EventsConfiguration {

  @Bean
  JobEvents jobEvents(
      @Qualifier("eventsTemplate") KafkaTemplate<String, byte[]> kafka,
      Clock clock,
      MeterRegistry meters) {
    return new JobEvents(kafka, clock, meters);
  }
}
