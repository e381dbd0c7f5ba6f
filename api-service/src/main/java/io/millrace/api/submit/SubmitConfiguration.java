package io.millrace.api.submit;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.millrace.claude.trace.TraceSettings;
import io.millrace.claude.trace.Traces;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.NewJob;
import io.millrace.db.job.Submissions;
import io.millrace.db.job.Submitted;
import io.millrace.db.sql.Database;
import io.millrace.db.sql.GroupCommit;
import io.millrace.model.ModelCatalogue;
import io.millrace.telemetry.Metric;
import io.millrace.webhook.WebhookSettings;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Wires intake. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({
  SubmitSettings.class,
  CallSettings.class,
  RoomSettings.class,
  WebhookSettings.class
})
public class SubmitConfiguration {

  /** A body is in memory a few times over on its way into the database. */
  private static final int HEAP_SHARE = 8;

  /** Somebody waits for each of these, but under load for less time in fuller transactions. */
  private static final Duration BUSY_PACE = Duration.ofMillis(3);

  private static final long LEAST_KIBIBYTES = 48 << 10;

  @Bean
  GroupCommit<NewJob, Submitted> intake(Database database, SubmitSettings settings) {
    return new GroupCommit<>(
        "millrace-intake",
        new GroupCommit.Limits(
            settings.queue(),
            settings.batch(),
            settings.batchBytes(),
            settings.flushers(),
            BUSY_PACE),
        job -> job.request().params().length,
        new Submissions(database)::submit);
  }

  /** How many submissions wait for a transaction. */
  @Bean
  MeterBinder intakeDepth(GroupCommit<NewJob, Submitted> intake) {
    return meters ->
        Gauge.builder(Metric.INTAKE_WAITING.meter(), intake, GroupCommit::depth)
            .description(Metric.INTAKE_WAITING.description())
            .register(meters);
  }

  @Bean
  ReadySignal readySignal(Database database, MeterRegistry meters) {
    return new ReadySignal(database, meters);
  }

  @Bean
  Room room(RoomSettings settings, Database database, MeterRegistry meters) {
    return new Room(settings, database, System::nanoTime, meters);
  }

  @Bean
  SubmitJob submitJob(
      GroupCommit<NewJob, Submitted> intake,
      Database database,
      ReadySignal ready,
      Room room,
      SubmitSettings settings) {
    return new SubmitJob(intake, new JobViews(database), ready, room, settings.timeout());
  }

  @Bean
  Traces submitTraces(Environment environment) {
    return Traces.of(TraceSettings.read(environment::getProperty, "millrace-api"));
  }

  @Bean
  NewJobs newJobs(ModelCatalogue models, CallSettings calls, Clock clock) {
    return new NewJobs(models, calls.callTimeout(), clock, new SecureRandom());
  }

  /** What all bodies may hold of the memory, in kibibytes. */
  @Bean
  Semaphore bodyMemory() {
    long kibibytes =
        Math.max(LEAST_KIBIBYTES, (Runtime.getRuntime().maxMemory() >> 10) / HEAP_SHARE);
    return new Semaphore((int) Math.min(Integer.MAX_VALUE, kibibytes));
  }

  @Bean
  SubmitController submitController(
      SubmitJob submitJob,
      NewJobs newJobs,
      WebhookSettings webhooks,
      Clock clock,
      MeterRegistry meters,
      Traces submitTraces,
      Semaphore bodyMemory) {
    return new SubmitController(
        submitJob,
        newJobs,
        new SubmissionParser(clock, webhooks.targets()),
        bodyMemory,
        clock,
        new IntakeTimer(meters),
        submitTraces);
  }
}
