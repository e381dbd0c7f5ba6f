package io.millrace.worker.rescue;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.batch.BatchFold;
import io.millrace.db.job.Announcements;
import io.millrace.db.job.BatchItems;
import io.millrace.db.job.Erasures;
import io.millrace.db.job.HeldJobs;
import io.millrace.db.job.QueuedJobs;
import io.millrace.db.limit.PoolPauses;
import io.millrace.db.limit.RatePools;
import io.millrace.db.loop.Loop;
import io.millrace.db.sql.Database;
import io.millrace.db.sql.Housekeeping;
import io.millrace.db.sql.Retention;
import io.millrace.db.usage.Usages;
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
import java.util.List;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RetentionSettings.class)
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
  RescueJobs.Times rescueTimes(LeaseSettings settings, Lease lease, Clock clock) {
    return new RescueJobs.Times(settings, LATENESS, clock, System::nanoTime, lease::isBeating);
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
      RetentionSettings retention,
      MeterRegistry meters) {
    var expireJobs = new ExpireJobs(new QueuedJobs(database), events, meters);
    var announce = new Announce(new Announcements(database), events, meters);
    var keepHouse =
        new KeepHouse(
            new Housekeeping(database),
            workers,
            new PoolPauses(database),
            new RatePools(database),
            meters);
    var foldUsage = new FoldUsage(new Usages(database));
    var letGo = new LetGo(new Retention(database), retention, meters);
    var items = new BatchItems(database);
    var foldBatches = new FoldBatches(new BatchFold(database));
    var cancelBatches = new CancelBatches(items);
    var deleteBatches = new DeleteBatches(items, meters);
    var eraseJobs = new EraseJobs(new Erasures(database), retention.bounds(), meters);
    return new Rescue(
        List.of(
            new Loop("rescue", meters, rescueJobs::once),
            new Loop("expire", meters, expireJobs::once),
            new Loop("cancel", meters, heedCancels::once),
            new Loop("announce", meters, announce::once),
            new Loop("house", meters, keepHouse::once),
            new Loop("usage", meters, foldUsage::once),
            new Loop("retention", meters, letGo::once),
            new Loop("erase", meters, eraseJobs::once),
            new Loop("batch-fold", meters, foldBatches::once),
            new Loop("batch-cancel", meters, cancelBatches::once),
            new Loop("batch-delete", meters, deleteBatches::once)));
  }
}
