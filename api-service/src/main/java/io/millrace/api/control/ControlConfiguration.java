package io.millrace.api.control;

import io.millrace.api.submit.ReadySignal;
import io.millrace.api.wake.Waiters;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.MatchingJobs;
import io.millrace.db.job.TenantJobs;
import io.millrace.db.sql.Database;
import java.time.Clock;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires what callers do to their jobs. */
@Configuration(proxyBeanMethods = false)
public class ControlConfiguration {

  /** Well within what proxies and clients wait, the last transaction included. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @Bean
  ControlJobs controlJobs(Database database, Waiters waiters, ReadySignal ready) {
    return new ControlJobs(new TenantJobs(database), new JobViews(database), waiters, ready);
  }

  @Bean
  MatchingController matchingController(Database database, ControlJobs jobs, Clock clock) {
    return new MatchingController(
        new ControlMatching(jobs, new MatchingJobs(database), PATIENCE, System::nanoTime), clock);
  }

  @Bean
  ControlController controlController(ControlJobs jobs, Clock clock) {
    return new ControlController(jobs, clock);
  }
}
