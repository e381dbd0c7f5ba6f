package io.millrace.api.bulk;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.api.inspect.FindJobs;
import io.millrace.api.inspect.HandOver;
import io.millrace.api.submit.NewJobs;
import io.millrace.api.submit.ReadySignal;
import io.millrace.api.submit.Room;
import io.millrace.api.wake.Waiters;
import io.millrace.db.batch.BatchViews;
import io.millrace.db.batch.Batches;
import io.millrace.db.job.BatchItems;
import io.millrace.db.sql.Database;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.concurrent.Semaphore;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Wires batches. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(BulkSettings.class)
public class BulkConfiguration {

  /** Streams of results at once; each holds a megabyte or two. */
  private static final int STREAMS = 32;

  @Bean
  Uploads uploads(BulkSettings settings, Room room, Semaphore bodyMemory, Database database) {
    return new Uploads(settings, room, bodyMemory, database.sealer().isOn());
  }

  @Bean
  BatchAnswers batchAnswers(Environment environment) {
    return new BatchAnswers(environment.getProperty("millrace.public-url", ""));
  }

  @Bean
  StoreBatch storeBatch(Database database, ReadySignal ready, Room room, BulkSettings settings) {
    return new StoreBatch(
        new Batches(database),
        new BatchViews(database),
        ready,
        room,
        new Semaphore(settings.stores(), true),
        settings.patience());
  }

  @Bean
  CreateBatchController createBatchController(
      Uploads uploads,
      NewJobs newJobs,
      StoreBatch storeBatch,
      BatchAnswers answers,
      BulkSettings settings,
      Clock clock,
      MeterRegistry meters) {
    return new CreateBatchController(
        uploads,
        newJobs,
        new NewBatches(newJobs, settings, clock, new SecureRandom()),
        storeBatch,
        answers,
        new BulkMeters(uploads, meters),
        clock);
  }

  @Bean
  BatchController batchController(Database database, Waiters waiters, BatchAnswers answers) {
    return new BatchController(
        new BatchViews(database),
        new ControlBatches(new Batches(database), new BatchItems(database), waiters),
        answers);
  }

  @Bean
  BatchResultsController batchResultsController(
      Database database, FindJobs findJobs, HandOver handOver) {
    return new BatchResultsController(
        new BatchViews(database),
        new BatchItems(database),
        findJobs,
        new Semaphore(STREAMS),
        handOver);
  }
}
