package io.millrace.worker.drain;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.limit.Limiter;
import io.millrace.db.loop.Loop;
import io.millrace.worker.batch.BatchLoops;
import io.millrace.worker.deliver.Deliver;
import io.millrace.worker.dispatch.Dispatcher;
import io.millrace.worker.events.JobEvents;
import io.millrace.worker.execute.Executions;
import io.millrace.worker.execute.RecordOutcome;
import io.millrace.worker.intake.JobsConsumer;
import io.millrace.worker.kafka.Topology;
import io.millrace.worker.lease.Lease;
import io.millrace.worker.rescue.Rescue;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the worker's parts, and on the way down stops them in the one order in which nothing is
 * left to a lease: nothing new is claimed, running calls end or are given back, outcomes are
 * recorded, the incarnation leaves.
 */
final class WorkerLifecycle implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(WorkerLifecycle.class);
  private static final Duration BOUND = Duration.ofSeconds(5);

  private final Parts parts;
  private final Limiter limiter;
  private final RecordOutcome recorder;
  private final Deliver deliver;
  private final BatchLoops batches;
  private final DrainSettings settings;
  private final Loop heartbeat;
  private volatile boolean running;

  /** What has to be started and stopped. */
  record Parts(
      Lease lease,
      Topology topology,
      JobEvents events,
      Dispatcher dispatcher,
      JobsConsumer consumer,
      Executions executions,
      Rescue rescue) {}

  WorkerLifecycle(
      Parts parts,
      Limiter limiter,
      RecordOutcome recorder,
      Deliver deliver,
      BatchLoops batches,
      DrainSettings settings,
      MeterRegistry meters) {
    this.parts = parts;
    this.limiter = limiter;
    this.recorder = recorder;
    this.deliver = deliver;
    this.batches = batches;
    this.settings = settings;
    this.heartbeat = new Loop("heartbeat", meters, parts.lease()::beat);
  }

  @Override
  public void start() {
    heartbeat.start();
    parts.topology().start();
    parts.events().start();
    parts.rescue().start();
    limiter.start();
    parts.dispatcher().start();
    parts.consumer().start();
    deliver.start();
    batches.start();
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    parts.lease().stopping();
    heartbeat.wake();
    parts.dispatcher().stop(BOUND);
    parts.consumer().stop(BOUND);
    deliver.stop(BOUND);
    batches.stop(BOUND);
    long began = System.nanoTime();
    int held = parts.executions().held();
    if (held > 0) {
      log.info("Draining: {} jobs may finish within {} s", held, settings.grace().toSeconds());
    }
    try {
      if (!parts.executions().drain(settings.grace())) {
        log.warn(
            "{} jobs could not be given back; they are rescued when the lease is over",
            parts.executions().held());
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    if (!deliver.drain(settings.grace().minusNanos(System.nanoTime() - began), BOUND)) {
      log.warn("{} webhooks are sent again when their claims are over", deliver.held());
    }
    batches.drain(settings.grace().minusNanos(System.nanoTime() - began), BOUND);
    limiter.stop(BOUND);
    parts.rescue().stop(BOUND);
    parts.topology().stop(BOUND);
    recorder.close();
    heartbeat.stop(BOUND);
    leave();
    parts.events().stop(BOUND);
    log.info("Drained");
  }

  private void leave() {
    try {
      parts.lease().leave();
    } catch (RuntimeException away) {
      log.warn("The worker could not sign off; its lease will run out", away);
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
