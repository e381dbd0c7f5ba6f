package io.millrace.worker.lease;

import io.millrace.db.worker.Workers;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right of this process to act as a worker. It belongs to an incarnation, which ends when
 * others declare it lost; the process then goes on as a new one, and what it held under the old is
 * fenced out.
 *
 * <p>The lease is believed locally until one lease after the <em>start</em> of the last statement
 * that renewed it, so this process always stops believing before anybody else may take its jobs.
 */
public final class Lease {

  private static final Logger log = LoggerFactory.getLogger(Lease.class);

  private final Workers workers;
  private final String name;
  private final int slots;
  private final IntSupplier inFlight;
  private final LeaseSettings settings;
  private final LongSupplier nanoTime;
  private volatile @Nullable Term term;
  private volatile boolean stopping;

  private record Term(UUID incarnation, long until) {}

  public Lease(
      Workers workers,
      String name,
      int slots,
      IntSupplier inFlight,
      LeaseSettings settings,
      LongSupplier nanoTime) {
    this.workers = workers;
    this.name = name;
    this.slots = slots;
    this.inFlight = inFlight;
    this.settings = settings;
    this.nanoTime = nanoTime;
  }

  /** The incarnation under which jobs may be claimed now; empty while the lease is not certain. */
  public Optional<UUID> incarnation() {
    var now = term;
    return now != null && now.until() - nanoTime.getAsLong() > 0
        ? Optional.of(now.incarnation())
        : Optional.empty();
  }

  /** Whether what was claimed under {@code incarnation} may still be acted upon. */
  public boolean holds(UUID incarnation) {
    return incarnation().filter(incarnation::equals).isPresent();
  }

  /**
   * Whether the store has taken this worker's heartbeats lately. Where it has not, nobody else's
   * silence says anything: a store may answer questions and take no writes.
   */
  public boolean isBeating() {
    var now = term;
    return now != null
        && now.until() - nanoTime.getAsLong() > settings.lease().dividedBy(2).toNanos();
  }

  /** Renews the lease, or enters a new incarnation; a loop's body. */
  public Duration beat() {
    long start = nanoTime.getAsLong();
    var now = term;
    if (now != null && workers.heartbeat(now.incarnation(), inFlight.getAsInt(), stopping)) {
      term = new Term(now.incarnation(), start + settings.lease().toNanos());
    } else {
      var fresh = UUID.randomUUID();
      workers.enter(fresh, name, slots);
      if (now == null) {
        log.info("Worker {} enters as {}", name, fresh);
      } else {
        log.warn(
            "Worker {} was declared lost as {} and goes on as {}; the jobs it held were given to others, and answers"
                + " still to come are recorded as paid but not used",
            name,
            now.incarnation(),
            fresh);
      }
      term = new Term(fresh, start + settings.lease().toNanos());
    }
    return settings.heartbeat();
  }

  /** From the next heartbeat on the dispatcher counts on no slot of this worker. */
  public void stopping() {
    stopping = true;
  }

  /** Whether this worker drains. */
  public boolean isStopping() {
    return stopping;
  }

  /** Ends the incarnation, unless it still holds jobs. */
  public void leave() {
    var now = term;
    if (now != null) {
      workers.leave(now.incarnation());
      term = null;
    }
  }
}
