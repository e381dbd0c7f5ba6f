package io.millrace.worker.execute;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.breaker.Breaker;
import io.millrace.claude.breaker.Breakers;
import io.millrace.claude.breaker.PermanentRuns;
import io.millrace.claude.breaker.Sign;
import io.millrace.claude.call.Reply;
import io.millrace.claude.classify.Outcome;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.limit.Blocks;
import io.millrace.db.limit.PoolPauses;
import io.millrace.failure.FailureCode;
import io.millrace.model.ModelCatalogue;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before each call and hears how it ended. Where this worker's breaker is open it lets
 * nothing pass, and blocks the pool for all: the others need not find out for themselves, and the
 * dispatcher keeps the jobs. Only where no replies come may this worker's own way be what is
 * broken: then most workers have to agree.
 */
final class CallGuard {

  private static final Logger log = LoggerFactory.getLogger(CallGuard.class);
  private static final long BLOCK_EVERY_NANOS = Duration.ofSeconds(1).toNanos();
  private static final int MOST_POOLS = 100;

  private final UUID self = UUID.randomUUID();
  private final Breakers breakers;
  private final PermanentRuns refusals = new PermanentRuns();
  private final Blocks blocks;
  private final PoolPauses pauses;
  private final ModelCatalogue catalogue;
  private final LongSupplier nanoTime;
  private final MeterRegistry meters;
  private final Set<String> shown = ConcurrentHashMap.newKeySet();
  private final Map<String, Long> blockedAt = new ConcurrentHashMap<>();

  CallGuard(
      Breakers breakers,
      Blocks blocks,
      PoolPauses pauses,
      ModelCatalogue catalogue,
      LongSupplier nanoTime,
      MeterRegistry meters) {
    this.breakers = breakers;
    this.blocks = blocks;
    this.pauses = pauses;
    this.catalogue = catalogue;
    this.nanoTime = nanoTime;
    this.meters = meters;
  }

  /** Lets the job make one call, or answers empty while its pool's breaker forbids that. */
  Optional<Entry> enter(Claimed job) {
    String pool = job.pool();
    show(pool);
    var passage = breakers.of(pool).tryPass();
    if (passage.isEmpty()) {
      hold(pool);
    }
    return passage.map(passed -> new Entry(job, passed));
  }

  /** The right to make one call, given up by closing it where none was made. */
  final class Entry implements AutoCloseable {

    private final Claimed job;
    private final Breaker.Passage passage;

    private Entry(Claimed job, Breaker.Passage passage) {
      this.job = job;
      this.passage = passage;
    }

    /** Whether the call is made for all jobs of the pool, to see if it works again. */
    boolean isTrial() {
      return passage.isTrial();
    }

    /** The call ended like this. */
    void saw(Reply reply, Outcome outcome) {
      passage.saw(Sign.of(reply, outcome)).ifPresent(time -> opened(job.pool(), time));
      if (outcome instanceof Outcome.Succeeded) {
        refusals.succeeded(job.pool());
      } else if (outcome instanceof Outcome.Permanent) {
        refused(job, reply);
      }
    }

    @Override
    public void close() {
      passage.close();
    }
  }

  private void opened(String pool, Duration time) {
    log.warn(
        "Most of the last calls to pool {} failed: this worker does not call it for {} s; its jobs go back to the queue",
        pool,
        time.toSeconds());
    blockedAt.put(pool, nanoTime.getAsLong());
    block(pool, time);
  }

  // What is refused here comes back with every round of the dispatcher, unless it is told: the
  // first block may be over, or gone with a restarted database, or of another's shorter opening.
  private void hold(String pool) {
    long now = nanoTime.getAsLong();
    var last = blockedAt.get(pool);
    if (last == null || now - last >= BLOCK_EVERY_NANOS) {
      blockedAt.put(pool, now);
      block(pool, breakers.of(pool).pause());
    }
  }

  private void block(String pool, Duration time) {
    try {
      if (breakers.of(pool).isOutOfReach()) {
        blocks.outOfReach(pool, self, time);
      } else {
        blocks.block(pool, time, Blocks.CIRCUIT_OPEN);
      }
    } catch (DataAccessException away) {
      log.warn("The other workers could not be told that pool {} fails", pool, away);
    }
  }

  private void refused(Claimed job, Reply reply) {
    // A model that nobody knows is a pool of its own: its callers are wrong, not the account.
    if (catalogue.model(job.model()).isEmpty() || !refusals.failed(job.pool(), job.tenantId())) {
      return;
    }
    try {
      if (pauses.fault(
          job.pool(), FailureCode.PERMANENT_FAILURES.wireName(), reply.timings().ended())) {
        log.error(
            "Pool {} is paused: it refused many jobs of several tenants with no success between them;"
                + " see why, then resume it and replay what failed",
            job.pool());
      }
    } catch (DataAccessException away) {
      log.warn("Pool {} refuses everything and could not be paused", job.pool(), away);
    }
  }

  private void show(String pool) {
    if (shown.size() < MOST_POOLS && shown.add(pool)) {
      Gauge.builder(Metric.BREAKER_STATE.meter(), breakers, all -> all.state(pool).level())
          .tag("pool", pool)
          .register(meters);
    }
  }
}
