package io.millrace.worker.batch;

import static java.util.stream.Collectors.toMap;

import io.millrace.db.batch.ProviderBatch;
import io.millrace.db.batch.ProviderBatches;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes provider batches whose next step is due, and takes it, each on a virtual thread. A batch is
 * held by its lease alone: whatever becomes of this process, another goes on with it.
 */
final class DriveBatches {

  private static final Logger log = LoggerFactory.getLogger(DriveBatches.class);

  /** Driven at once by this worker. */
  private static final int MOST = 8;

  private static final Duration PAUSE = Duration.ofMillis(200);
  private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(5);
  private static final long LOOK = Duration.ofMillis(20).toNanos();

  private final UUID driver = UUID.randomUUID();
  private final ProviderBatches batches;
  private final Step step;
  private final BatchMeters meters;
  private final Duration lease;
  private final LongSupplier nanoTime;
  private final Map<UUID, Drive> drives = new ConcurrentHashMap<>();
  private volatile boolean stopping;

  /** What is done with a batch, by the state in which it is. */
  @FunctionalInterface
  interface Step {
    void step(Drive drive) throws InterruptedException;
  }

  DriveBatches(
      ProviderBatches batches,
      Step step,
      BatchMeters meters,
      Duration lease,
      LongSupplier nanoTime) {
    this.batches = batches;
    this.step = step;
    this.meters = meters;
    this.lease = lease;
    this.nanoTime = nanoTime;
  }

  /** Takes and drives what is due; a loop's body. */
  Duration once() {
    int room = MOST - drives.size();
    if (room <= 0 || stopping) {
      return PAUSE;
    }
    long before = nanoTime.getAsLong();
    var taken = batches.take(driver, room, lease);
    for (ProviderBatch batch : taken) {
      var drive = new Drive(batch, nanoTime, before + lease.toNanos());
      drives.put(batch.id(), drive);
      if (stopping) {
        drive.stop();
      }
      Thread.ofVirtual().name("batch-" + batch.id()).start(() -> run(drive));
    }
    return taken.size() == room ? Duration.ZERO : PAUSE;
  }

  /** Extends the leases of what is driven; a loop's body. */
  Duration extend() {
    if (!drives.isEmpty()) {
      var fences = drives.values().stream().collect(toMap(Drive::id, d -> d.batch().driveNo()));
      long before = nanoTime.getAsLong();
      var held = batches.extend(driver, fences, lease);
      for (UUID id : fences.keySet()) {
        var drive = drives.get(id);
        if (drive != null && held.contains(id)) {
          drive.extendTo(before + lease.toNanos());
        }
      }
    }
    return lease.dividedBy(5);
  }

  private void run(Drive drive) {
    try {
      if (drive.mayGoOn()) {
        step.step(drive);
      } else {
        batches.pause(drive.batch(), Duration.ZERO);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error failure) {
      log.warn(
          "A step with provider batch {} ({}) failed and is taken again",
          drive.id(),
          drive.batch().state().wireName(),
          failure);
      failed(drive);
    } finally {
      drives.remove(drive.id(), drive);
    }
  }

  // A create that had begun is then for whoever comes next to look for.
  private void failed(Drive drive) {
    meters.failed(drive.batch().state().wireName(), "internal_error");
    try {
      batches.pause(drive.batch(), AFTER_A_FAILURE);
    } catch (RuntimeException away) {
      log.debug("Its lease will run out", away);
    }
  }

  /** Nothing more is begun. */
  void stop() {
    stopping = true;
    drives.values().forEach(Drive::stop);
  }

  void start() {
    stopping = false;
  }

  /**
   * Lets what is under way end for {@code grace}, then cuts it.
   *
   * @return whether everything ended
   */
  boolean drain(Duration grace, Duration bound) {
    awaitNone(nanoTime.getAsLong() + grace.toNanos());
    drives.values().forEach(Drive::cut);
    awaitNone(nanoTime.getAsLong() + bound.toNanos());
    return drives.isEmpty();
  }

  /** Driven now. */
  int driven() {
    return drives.size();
  }

  private void awaitNone(long until) {
    while (!drives.isEmpty()
        && until - nanoTime.getAsLong() > 0
        && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(LOOK);
    }
  }
}
