package io.millrace.api.inspect;

import io.millrace.api.wake.Waiters;
import io.millrace.db.job.AttemptViews;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.JobWalk;
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
  InspectController inspectController(Database database, Waiters waiters, Clock clock) {
    return new InspectController(new JobViews(database), waiters, clock);
  }

  @Bean
  ListController listController(Database database, Clock clock) {
    return new ListController(jobs(database), clock);
  }

  @Bean
  ResultsController resultsController(Database database, Clock clock) {
    return new ResultsController(jobs(database), new Semaphore(STREAMS), clock);
  }

  @Bean
  AttemptsController attemptsController(Database database) {
    return new AttemptsController(new AttemptViews(database));
  }

  private static FindJobs jobs(Database database) {
    return new FindJobs(new JobWalk(database), new JobViews(database));
  }
}
