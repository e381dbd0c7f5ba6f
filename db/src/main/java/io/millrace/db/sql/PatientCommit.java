package io.millrace.db.sql;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;

/**
 * Commits what must not be given up because PostgreSQL is away: again and again, until it is
 * durable, the store refuses it for what it is, or time is up. The number of those who wait is the
 * caller's to bound.
 */
public final class PatientCommit<T, R> implements AutoCloseable {

  /** However long it takes. */
  public static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

  private static final int TRIES_OF_A_CULPRIT = 3;
  private static final long PAUSE_NANOS = Duration.ofMillis(250).toNanos();

  private final GroupCommit<T, R> commits;
  private final Duration patience;
  private final RandomGenerator random;
  private final BiConsumer<T, RuntimeException> refused;
  private volatile boolean closed;

  /**
   * @param refused is told of each value that cannot be stored whoever tries, and why
   */
  public PatientCommit(
      GroupCommit<T, R> commits,
      Duration patience,
      RandomGenerator random,
      BiConsumer<T, RuntimeException> refused) {
    this.commits = commits;
    this.patience = patience;
    this.random = random;
    this.refused = refused;
  }

  /**
   * Returns when the value is durable; empty where it was refused, time is up, or this is closed.
   */
  public Optional<R> commit(T value) {
    long begun = System.nanoTime();
    int culprit = 0;
    while (!closed && System.nanoTime() - begun < patience.toNanos()) {
      try {
        return Optional.of(commits.add(value).join());
      } catch (CompletionException | RejectedExecutionException failure) {
        if (!(failure instanceof RejectedExecutionException)
            && !Failures.isTransient(failure)
            && ++culprit == TRIES_OF_A_CULPRIT) {
          refused.accept(value, failure);
          return Optional.empty();
        }
        LockSupport.parkNanos(PAUSE_NANOS + random.nextLong(PAUSE_NANOS));
      }
    }
    return Optional.empty();
  }

  /** Values that wait for a transaction. */
  public int depth() {
    return commits.depth();
  }

  /** Commits what was handed over, then refuses more. */
  @Override
  public void close() {
    commits.close();
    closed = true;
  }
}
