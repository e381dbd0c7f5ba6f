package io.millrace.worker.rescue;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.Announcements;
import io.millrace.db.job.HeldJobs;
import io.millrace.db.job.QueuedJobs;
import io.millrace.db.sql.Database;
import io.millrace.db.sql.Housekeeping;
import io.millrace.db.worker.Workers;
import io.millrace.worker.events.JobEvents;
import io.millrace.worker.execute.CallRows;
import io.millrace.worker.execute.Executions;
import io.millrace.worker.execute.Judgement;
import io.millrace.worker.execute.RecordOutcome;
import io.millrace.worker.lease.Lease;
import io.millrace.worker.lease.LeaseSettings;
import java.time.Clock;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
public class RescueConfiguration {

  // A running job's own worker ends it at the deadline; twenty seconds later somebody else does.
  private static final Duration LATENESS = Duration.ofSeconds(20);

  @Bean
  RescueJobs rescueJobs(
      Database database,
      Workers workers,
      CallRows rows,
      Judgement judgement,
      RecordOutcome recorder,
      RescueJobs.Times times,
      MeterRegistry meters) {
    return new RescueJobs(
        workers, new HeldJobs(database), rows, judgement, recorder, times, meters);
  }

  @Bean
  RescueJobs.Times rescueTimes(LeaseSettings lease, Clock clock) {
    return new RescueJobs.Times(lease, LATENESS, clock, System::nanoTime);
  }

  @Bean
  HeedCancels heedCancels(Database database, Lease lease, Executions executions) {
    return new HeedCancels(new HeldJobs(database), lease, executions);
  }

  @Bean
  Rescue rescue(
      Database database,
      Workers workers,
      RescueJobs rescueJobs,
      HeedCancels heedCancels,
      JobEvents events,
      MeterRegistry meters) {
    return new Rescue(
        rescueJobs,
        new ExpireJobs(new QueuedJobs(database), events, meters),
        heedCancels,
        new Announce(new Announcements(database), events),
        new KeepHouse(new Housekeeping(database), workers),
        meters);
  }
}
