package io.millrace.api.inspect;

import io.millrace.api.patience.Turnstile;
import io.millrace.api.wake.Waiters;
import io.millrace.db.job.AttemptViews;
import io.millrace.db.job.Erasures;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.JobWalk;
import io.millrace.db.job.QueuePlaces;
import io.millrace.db.limit.PoolViews;
import io.millrace.db.sql.Database;
import java.time.Clock;
import java.util.concurrent.Semaphore;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the reading of jobs. */
@Configuration(proxyBeanMethods = false)
public class InspectConfiguration {

  /** Streams of results at once; each holds a megabyte or two. */
  private static final int STREAMS = 32;

  @Bean
  HandOver handOver(Database database) {
    return new HandOver(new Erasures(database));
  }

  @Bean
  FindJobs findJobs(Database database) {
    return new FindJobs(new JobWalk(database), new JobViews(database));
  }

  @Bean
  ExplainWait explainWait(Database database, Clock clock) {
    return new ExplainWait(new PoolViews(database), new QueuePlaces(database), clock);
  }

  @Bean
  InspectController inspectController(
      Database database,
      FindJobs findJobs,
      Turnstile turnstile,
      Waiters waiters,
      ExplainWait explain,
      HandOver handOver) {
    return new InspectController(
        new JobViews(database), new ReadAwaited(findJobs), turnstile, waiters, explain, handOver);
  }

  @Bean
  ListController listController(FindJobs findJobs, ExplainWait explain, HandOver handOver) {
    return new ListController(findJobs, explain, handOver);
  }

  @Bean
  ResultsController resultsController(FindJobs findJobs, HandOver handOver) {
    return new ResultsController(findJobs, new Semaphore(STREAMS), handOver);
  }

  @Bean
  AttemptsController attemptsController(Database database) {
    return new AttemptsController(new AttemptViews(database));
  }
}
