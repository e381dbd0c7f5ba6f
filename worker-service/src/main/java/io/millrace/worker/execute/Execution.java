package io.millrace.worker.execute;

import io.millrace.claude.call.AbortReason;
import io.millrace.claude.call.Call;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Claims.Payload;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A held job while this worker works on it: how far it got, and the way to stop it from outside.
 * Its own thread does everything but {@link #abort}.
 */
final class Execution {

  private final Claimed job;
  private final Payload payload;
  private final long claimedNanos;
  private final long deadlineNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition aborted = lock.newCondition();
  private @Nullable AbortReason abortReason;
  private @Nullable Call call;
  private boolean draining;
  private int attempts;
  private int countedAttempts;
  private boolean sending;
  private JobTrace trace = JobTrace.NONE;

  Execution(Claimed job, Payload payload, long claimedNanos) {
    this.job = job;
    this.payload = payload;
    this.claimedNanos = claimedNanos;
    this.deadlineNanos = claimedNanos + job.untilExpiry().toNanos();
    this.attempts = job.attempts();
    this.countedAttempts = job.countedAttempts();
    this.sending = job.sending();
  }

  Claimed job() {
    return job;
  }

  Payload payload() {
    return payload;
  }

  JobTrace trace() {
    return trace;
  }

  void tracedBy(JobTrace begun) {
    trace = begun;
  }

  /** The number of the next call. */
  int nextNo() {
    return attempts + 1;
  }

  int countedAttempts() {
    return countedAttempts;
  }

  /** Calls that were refused for the account's sake, not the job's. */
  int uncountedAttempts() {
    return attempts - countedAttempts;
  }

  /** Whether the store counts on a call that has no attempt row yet. */
  boolean sending() {
    return sending;
  }

  void markedSending() {
    sending = true;
  }

  void unmarkedSending() {
    sending = false;
  }

  void called(boolean counted) {
    attempts++;
    countedAttempts += counted ? 1 : 0;
    sending = false;
  }

  /** A local time just before the claim. */
  long claimedNanos() {
    return claimedNanos;
  }

  /** When the dispatcher let the job go, in local nanoseconds. */
  long turnNanos() {
    return claimedNanos - job.waits().sinceReleased().toNanos();
  }

  Duration untilDeadline(long nanoTime) {
    return Duration.ofNanos(deadlineNanos - nanoTime);
  }

  Optional<AbortReason> abortReason() {
    lock.lock();
    try {
      return Optional.ofNullable(abortReason);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes {@code next} the call that an abort stops; one that comes too late is stopped at once.
   */
  void calling(Call next) {
    lock.lock();
    try {
      call = next;
      if (abortReason != null) {
        next.abort(abortReason);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends waits and the call under way; the first reason stands. */
  void abort(AbortReason reason) {
    lock.lock();
    try {
      if (abortReason == null) {
        abortReason = reason;
        aborted.signalAll();
        if (call != null) {
          call.abort(reason);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends waits, and keeps further calls from starting; the call under way goes on. */
  void drain() {
    lock.lock();
    try {
      draining = true;
      aborted.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isDraining() {
    lock.lock();
    try {
      return draining;
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing more may begin: aborted or draining. */
  boolean isStopped() {
    lock.lock();
    try {
      return abortReason != null || draining;
    } finally {
      lock.unlock();
    }
  }

  /** Lets whoever waits in {@link #await} look again. */
  void signal() {
    lock.lock();
    try {
      aborted.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until it is so, until an abort, a drain or the deadline at the longest. */
  void await(BooleanSupplier isSo) throws InterruptedException {
    lock.lock();
    try {
      long left = deadlineNanos - System.nanoTime();
      while (abortReason == null && !draining && left > 0 && !isSo.getAsBoolean()) {
        left = aborted.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Pauses, until an abort or a drain at the longest. */
  void pause(Duration pause) throws InterruptedException {
    lock.lock();
    try {
      long left = pause.toNanos();
      while (abortReason == null && !draining && left > 0) {
        left = aborted.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
