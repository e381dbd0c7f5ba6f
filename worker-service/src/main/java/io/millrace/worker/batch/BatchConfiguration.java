package io.millrace.worker.batch;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.batch.BatchClient;
import io.millrace.claude.call.ClaudeClient;
import io.millrace.claude.call.UpstreamSettings;
import io.millrace.claude.limit.Limiter;
import io.millrace.db.batch.Gathering;
import io.millrace.db.batch.ProviderBatches;
import io.millrace.db.batch.ProviderItems;
import io.millrace.db.job.Claims;
import io.millrace.db.job.HeldJobs;
import io.millrace.db.limit.PoolPauses;
import io.millrace.db.loop.Loop;
import io.millrace.db.sql.Database;
import io.millrace.worker.execute.CallRows;
import io.millrace.worker.execute.CallSettings;
import io.millrace.worker.execute.Judgement;
import io.millrace.worker.execute.RecordOutcome;
import io.millrace.worker.lease.LeaseSettings;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(BatchSettings.class)
public class BatchConfiguration {

  @Bean
  BatchMeters batchMeters(MeterRegistry meters) {
    return new BatchMeters(meters);
  }

  @Bean
  SettleItems settleItems(
      Database database,
      CallRows rows,
      Judgement judgement,
      RecordOutcome recorder,
      BatchMeters batchMeters,
      Clock clock) {
    return new SettleItems(new HeldJobs(database), rows, judgement, recorder, batchMeters, clock);
  }

  @Bean
  Steps.Means batchMeans(
      BatchSettings settings, CallSettings calls, BatchMeters batchMeters, Clock clock) {
    return new Steps.Means(
        settings,
        new Pace(settings.pollInterval()),
        batchMeters,
        clock,
        calls.streamStart(),
        calls.streamIdle());
  }

  @Bean
  Steps batchSteps(
      Database database,
      ClaudeClient claude,
      Limiter limiter,
      PoolPauses pauses,
      SettleItems settle,
      Steps.Means batchMeans) {
    return new Steps(
        new ProviderBatches(database),
        new ProviderItems(database),
        new BatchClient(claude, UpstreamSettings.MAX_ANSWER_BYTES),
        new BatchGate(limiter, pauses, System::nanoTime),
        settle,
        batchMeans);
  }

  @Bean
  BatchLoops batchLoops(
      Database database,
      Steps batchSteps,
      Claims claims,
      LeaseSettings lease,
      MeterRegistry meters) {
    var step = new NextStep(batchSteps, claims);
    var drive =
        new DriveBatches(
            batchSteps.batches(), step::step, batchSteps.meters(), lease.lease(), System::nanoTime);
    var driving = new Loop("batch-drive", meters, drive::once);
    var settings = batchSteps.settings();
    var gather =
        new GatherItems(
            new Gathering(database),
            batchSteps.batches(),
            new Gathering.Terms(
                settings.maxItems(),
                settings.maxBytes().toBytes(),
                settings.maxWait(),
                settings.enqueuedRequests()),
            batchSteps.meters(),
            System::nanoTime,
            driving::wake);
    return new BatchLoops(
        drive, driving, gather, new SwitchItems(batchSteps.items(), batchSteps.settle()), meters);
  }
}
