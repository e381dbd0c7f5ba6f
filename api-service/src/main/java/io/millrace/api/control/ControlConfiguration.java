package io.millrace.api.control;

import io.millrace.api.submit.ReadySignal;
import io.millrace.api.wake.Waiters;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.TenantJobs;
import io.millrace.db.sql.Database;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires what callers do to their jobs. */
@Configuration(proxyBeanMethods = false)
public class ControlConfiguration {

  @Bean
  ControlJobs controlJobs(Database database, Waiters waiters, ReadySignal ready) {
    return new ControlJobs(new TenantJobs(database), new JobViews(database), waiters, ready);
  }

  @Bean
  ControlController controlController(ControlJobs jobs, Clock clock) {
    return new ControlController(jobs, clock);
  }
}
