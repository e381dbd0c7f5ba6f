package io.millrace.api.wake;

import io.millrace.job.JobId;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Those who wait for something to happen to a job. Register first, read the job then, wait last: so
 * no event falls between reading and waiting. Being woken is a hint to read again.
 */
public final class Waiters {

  private final ConcurrentMap<JobId, Set<Waiter>> waiting = new ConcurrentHashMap<>();
  private final Runnable onArrival;
  private volatile boolean closed;

  /** {@code onArrival} runs at each registration, on the caller's thread. */
  Waiters(Runnable onArrival) {
    this.onArrival = onArrival;
  }

  /** Starts to listen for that job; close it when done. */
  public Waiter register(JobId id) {
    var waiter = new Waiter(id);
    waiting.compute(
        id,
        (same, others) -> {
          Set<Waiter> all = others == null ? ConcurrentHashMap.newKeySet(1) : others;
          all.add(waiter);
          return all;
        });
    onArrival.run();
    return waiter;
  }

  /** Something happened to that job. */
  public void wake(JobId id) {
    Set<Waiter> woken = waiting.get(id);
    if (woken != null) {
      woken.forEach(waiter -> waiter.signal.release());
    }
  }

  /** Hears what the events topic tells, for these. */
  EventListener listener() {
    return new EventListener() {
      @Override
      public boolean cares() {
        return !isEmpty();
      }

      @Override
      public void heard(JobId id, int tenantId, String type) {
        wake(id);
      }
    };
  }

  Set<JobId> ids() {
    return Set.copyOf(waiting.keySet());
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Lets all go, now and from now on: the service stops. */
  void close() {
    closed = true;
    ids().forEach(this::wake);
  }

  /** One who waits. Of one thread. */
  public final class Waiter implements AutoCloseable {

    private final JobId id;
    private final Semaphore signal = new Semaphore(0);

    private Waiter(JobId id) {
      this.id = id;
    }

    /** Waits for a sign of the job; false where none came in time or the service stops. */
    public boolean await(Duration atMost) throws InterruptedException {
      if (closed || !signal.tryAcquire(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
        return false;
      }
      signal.drainPermits();
      return !closed;
    }

    @Override
    public void close() {
      waiting.computeIfPresent(
          id,
          (same, all) -> {
            all.remove(this);
            return all.isEmpty() ? null : all;
          });
    }
  }
}
