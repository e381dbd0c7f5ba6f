package io.millrace.worker.execute;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.breaker.Breakers;
import io.millrace.claude.call.ClaudeClient;
import io.millrace.claude.estimate.LearntEstimates;
import io.millrace.claude.limit.Limiter;
import io.millrace.claude.limit.LimiterSettings;
import io.millrace.claude.probe.PlainProbe;
import io.millrace.claude.retry.RetryPolicy;
import io.millrace.claude.retry.RetrySettings;
import io.millrace.claude.trace.Traces;
import io.millrace.db.job.Claims;
import io.millrace.db.job.Settlements;
import io.millrace.db.limit.Blocks;
import io.millrace.db.limit.PoolPauses;
import io.millrace.db.limit.RatePools;
import io.millrace.db.sql.Database;
import io.millrace.db.worker.Workers;
import io.millrace.model.ModelCatalogue;
import io.millrace.telemetry.Metric;
import io.millrace.worker.events.JobEvents;
import io.millrace.worker.lease.Lease;
import io.millrace.worker.lease.LeaseSettings;
import io.millrace.worker.quota.QuotaUse;
import io.millrace.worker.telemetry.Hops;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({
  ExecuteSettings.class,
  ClaudeSettings.class,
  CallSettings.class,
  LimitSettings.class,
  BreakerSettings.class
})
public class ExecuteConfiguration {

  // Shared by ten thousand threads: the generator of whichever thread asks.
  private static final RandomGenerator RANDOM = () -> ThreadLocalRandom.current().nextLong();

  @Bean
  ClaudeClient claudeClient(ClaudeSettings settings, CallSettings calls, Clock clock) {
    var client = new ClaudeClient(calls.on(settings.upstream()), clock);
    client
        .upstreamMillrace()
        .ifPresent(version -> {
          client.close();
          throw new IllegalStateException(
              "ANTHROPIC_BASE_URL "
                  + settings.baseUrl()
                  + " is Millrace "
                  + version
                  + " itself: its calls would go in circles. Point it at Claude or at the simulator");
        });
    return client;
  }

  @Bean
  LimiterSettings limiterSettings(LimitSettings limits, ExecuteSettings execute) {
    return new LimiterSettings(limits.pools(), limits.limiter().mode(), execute.patience());
  }

  @Bean
  Limiter limiter(RatePools pools, LimiterSettings settings, MeterRegistry meters) {
    return new Limiter(pools, settings, System::nanoTime, meters);
  }

  @Bean
  RatePools ratePools(Database database) {
    return new RatePools(database);
  }

  @Bean
  PoolPauses poolPauses(Database database) {
    return new PoolPauses(database);
  }

  @Bean
  Estimates estimates(MeterRegistry meters) {
    return new Estimates(new LearntEstimates(System::nanoTime), meters);
  }

  @Bean
  Slots slots(ExecuteSettings settings) {
    return new Slots(settings);
  }

  @Bean
  Lease lease(Workers workers, Slots slots, ExecuteSettings execute, LeaseSettings settings) {
    return new Lease(workers, name(), execute.slots(), slots::used, settings, System::nanoTime);
  }

  private static String name() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      host = "worker";
    }
    return host + "-" + ProcessHandle.current().pid();
  }

  @Bean
  CallRows callRows(ModelCatalogue catalogue, MeterRegistry meters, Clock clock) {
    return new CallRows(catalogue, meters, clock);
  }

  @Bean
  Judgement judgement(ExecuteSettings settings) {
    return new Judgement(new RetryPolicy(RetrySettings.DEFAULTS), settings.patience(), RANDOM);
  }

  @Bean
  RecordOutcome recordOutcome(
      Database database, JobEvents events, QuotaUse quotaUse, MeterRegistry meters) {
    return new RecordOutcome(new Settlements(database), events, quotaUse::recorded, meters, RANDOM);
  }

  @Bean
  Claims claims(Database database) {
    return new Claims(database);
  }

  @Bean
  SendingMarks sendingMarks(Claims claims) {
    return new SendingMarks(claims);
  }

  @Bean
  Admissions admissions(
      Limiter limiter, Estimates estimates, PoolPauses pauses, MeterRegistry meters) {
    return new Admissions(limiter, estimates, pauses, System::nanoTime, meters);
  }

  @Bean
  CallGuard callGuard(
      BreakerSettings settings, Database database, ModelCatalogue catalogue, MeterRegistry meters) {
    return new CallGuard(
        new Breakers(settings.terms(), System::nanoTime),
        new Blocks(database),
        new PoolPauses(database),
        catalogue,
        System::nanoTime,
        meters);
  }

  @Bean
  ExecuteJob.Times executeTimes(
      Lease lease,
      Clock clock,
      Hops hops,
      ClaudeContact contact,
      CallGuard guard,
      Traces jobTraces) {
    return new ExecuteJob.Times(lease, clock, System::nanoTime, hops, contact, guard, jobTraces);
  }

  @Bean
  ClaudeContact claudeContact(ClaudeClient claude, MeterRegistry meters) {
    Gauge.builder(Metric.CALLS_RUNNING.meter(), claude, ClaudeClient::inFlight).register(meters);
    return new ClaudeContact(System::nanoTime, meters);
  }

  @Bean
  ClaudeCalls claudeCalls(ClaudeClient claude, ModelCatalogue catalogue, Clock clock) {
    return new ClaudeCalls(claude, new Refusals(PlainProbe.of(claude), catalogue, clock));
  }

  @Bean
  ExecuteJob executeJob(
      Admissions admissions,
      SendingMarks marks,
      ClaudeCalls claude,
      CallRows rows,
      Judgement judgement,
      RecordOutcome recorder,
      ExecuteJob.Times times) {
    return new ExecuteJob(admissions, marks, claude, rows, judgement, recorder, times);
  }

  @Bean
  Executions executions(
      Claims claims,
      Slots slots,
      ExecuteJob executeJob,
      RecordOutcome recorder,
      Admissions admissions,
      MeterRegistry meters) {
    return new Executions(
        claims, slots, executeJob, recorder, admissions, System::nanoTime, meters);
  }
}
