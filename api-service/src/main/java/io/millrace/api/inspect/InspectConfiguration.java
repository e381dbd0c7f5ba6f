package io.millrace.api.inspect;

import io.millrace.api.wake.Waiters;
import io.millrace.db.job.JobViews;
import io.millrace.db.sql.Database;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the reading of jobs. */
@Configuration(proxyBeanMethods = false)
public class InspectConfiguration {

  @Bean
  InspectController inspectController(Database database, Waiters waiters, Clock clock) {
    return new InspectController(new JobViews(database), waiters, clock);
  }
}
