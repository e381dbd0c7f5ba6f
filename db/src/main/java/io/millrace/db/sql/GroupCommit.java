package io.millrace.db.sql;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Lets concurrent callers share transactions: each flusher takes what waits, up to a batch, and
 * commits it as one. No caller waits for company: a single item is a batch of one, and batches grow
 * only while the commits before them are under way. Under load a flusher rests for a moment between
 * two transactions: fewer, fuller ones cost each item a fraction.
 *
 * <p>A batch that fails is halved until only the culprit fails, unless no item of it is to blame: a
 * lost connection, whose items' fate is unknown, or a bound that was hit, after which each half
 * would only wait as long again. What waits in the queue is never half-done: {@link #withdraw}
 * takes it back with certainty.
 *
 * @param <T> what is committed
 * @param <R> what the commit says of it
 */
public final class GroupCommit<T, R> implements AutoCloseable {

  /** A batch of this size is a sign of load. */
  private static final int BUSY_BATCH = 8;

  private final Function<List<T>, List<R>> commit;
  private final ToLongFunction<T> weight;
  private final Limits limits;
  private final BlockingQueue<Item<T, R>> waiting;
  private final List<Thread> flushers = new ArrayList<>();
  private volatile boolean closed;

  /**
   * The bounds of sharing.
   *
   * @param queue items that may wait; past it {@link #add} is refused
   * @param batch items of one transaction
   * @param batchWeight weight (bytes, as a rule) past which no further item joins a transaction
   * @param flushers transactions at once
   * @param busyPace rest of a flusher after a transaction that was neither small nor full
   */
  public record Limits(int queue, int batch, long batchWeight, int flushers, Duration busyPace) {}

  private record Item<T, R>(T value, CompletableFuture<R> result) {}

  /**
   * @param commit stores a batch in one transaction and answers position by position; throws where
   *     nothing was stored, or where that is unknown
   */
  public GroupCommit(
      String name, Limits limits, ToLongFunction<T> weight, Function<List<T>, List<R>> commit) {
    this.commit = commit;
    this.weight = weight;
    this.limits = limits;
    this.waiting = new ArrayBlockingQueue<>(limits.queue());
    for (int i = 0; i < limits.flushers(); i++) {
      flushers.add(Thread.ofPlatform().name(name + "-" + i).daemon().start(this::flush));
    }
  }

  /**
   * Hands over one value.
   *
   * @throws RejectedExecutionException where the queue is full or closed; nothing was stored
   */
  public CompletableFuture<R> add(T value) {
    var item = new Item<>(value, new CompletableFuture<R>());
    if (closed || !waiting.offer(item)) {
      throw new RejectedExecutionException(closed ? "closed" : "the queue is full");
    }
    // Closed between the two: the flushers may have gone without it.
    if (closed && withdraw(item.result())) {
      throw new RejectedExecutionException("closed");
    }
    return item.result();
  }

  /** Takes a value back that no transaction has picked up; false where one has. */
  @SuppressWarnings("ReferenceEquality") // this very submission is meant
  public boolean withdraw(CompletableFuture<R> result) {
    return waiting.removeIf(item -> item.result() == result);
  }

  /** Items that wait for a transaction. */
  public int depth() {
    return waiting.size();
  }

  /** Commits what waits, then stops; bounded by ten seconds. */
  @Override
  public void close() {
    closed = true;
    for (Thread flusher : flushers) {
      try {
        flusher.join(Duration.ofSeconds(10));
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void flush() {
    List<Item<T, R>> batch = new ArrayList<>(limits.batch());
    while (!closed || !waiting.isEmpty()) {
      try {
        // Nobody interrupts a flusher, since that would break its statement: closing waits a poll.
        var first = waiting.poll(100, TimeUnit.MILLISECONDS);
        if (first != null) {
          fill(batch, first);
          commitHalving(batch);
          boolean busy = batch.size() >= BUSY_BATCH && batch.size() < limits.batch();
          batch.clear();
          if (busy) {
            LockSupport.parkNanos(limits.busyPace().toNanos());
          }
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void fill(List<Item<T, R>> batch, Item<T, R> first) {
    batch.add(first);
    long total = weight.applyAsLong(first.value());
    while (batch.size() < limits.batch() && total < limits.batchWeight()) {
      var next = waiting.poll();
      if (next == null) {
        return;
      }
      batch.add(next);
      total += weight.applyAsLong(next.value());
    }
  }

  private void commitHalving(List<Item<T, R>> batch) {
    List<R> results;
    try {
      results = commit.apply(batch.stream().map(Item::value).toList());
    } catch (RuntimeException | Error failure) {
      if (batch.size() == 1 || Failures.isConnection(failure) || Failures.isTimeout(failure)) {
        batch.forEach(item -> item.result().completeExceptionally(failure));
      } else {
        int half = batch.size() / 2;
        commitHalving(batch.subList(0, half));
        commitHalving(batch.subList(half, batch.size()));
      }
      return;
    }
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).result().complete(results.get(i));
    }
  }
}
