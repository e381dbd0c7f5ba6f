package io.millrace.simulator.journal;

import io.millrace.simulator.fault.Fault;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The calls received, newest last, of which only the last so many are kept; their sums cover all.
 */
public final class Journal {
  private static final class Waiter {
    private final @Nullable String job;
    private final CompletableFuture<Void> reached;
    private long missing;

    private Waiter(@Nullable String job, long missing, CompletableFuture<Void> reached) {
      this.job = job;
      this.missing = missing;
      this.reached = reached;
    }

    private boolean reachedBy(Entry entry) {
      if (concerns(job, entry) && --missing <= 0) {
        reached.complete(null);
        return true;
      }
      return false;
    }
  }

  private final int size;
  private final ArrayDeque<Entry> entries = new ArrayDeque<>();
  private final List<Waiter> waiters = new ArrayList<>();
  private final List<CompletableFuture<Void>> idleWaiters = new ArrayList<>();
  private final Map<String, Long> byPath = new TreeMap<>();
  private final Map<Integer, Long> byStatus = new TreeMap<>();
  private final Map<Outcome, Long> byOutcome = new EnumMap<>(Outcome.class);
  private final Map<String, Long> byFault = new TreeMap<>();
  private Usage tokens = Usage.NONE;
  private long received;
  private int inFlight;
  private int peakInFlight;

  public Journal(int size) {
    this.size = size;
  }

  /** Counts a call whose request has just been read. */
  public Entry receive(
      Instant at, String requestId, String path, @Nullable String job, @Nullable String attempt) {
    Entry entry = new Entry(this, at, requestId, path, job, attempt);
    received++;
    byPath.merge(path, 1L, Long::sum);
    inFlight++;
    peakInFlight = Math.max(peakInFlight, inFlight);
    if (size > 0) {
      if (entries.size() == size) {
        entries.removeFirst();
      }
      entries.addLast(entry);
    }
    if (!waiters.isEmpty()) {
      waiters.removeIf(waiter -> waiter.reachedBy(entry));
    }
    return entry;
  }

  private static boolean concerns(@Nullable String job, Entry entry) {
    return job == null || job.equals(entry.job());
  }

  void ended(Entry entry) {
    inFlight--;
    byStatus.merge(entry.status(), 1L, Long::sum);
    byOutcome.merge(entry.outcome(), 1L, Long::sum);
    Fault fault = entry.fault();
    if (fault != null) {
      byFault.merge(fault.wireName(), 1L, Long::sum);
    }
    tokens = tokens.plus(entry.usage());
    if (inFlight == 0 && !idleWaiters.isEmpty()) {
      idleWaiters.forEach(waiter -> waiter.complete(null));
      idleWaiters.clear();
    }
  }

  /** Completes when no call is in flight. */
  public CompletableFuture<Void> idle() {
    CompletableFuture<Void> reached = new CompletableFuture<>();
    if (inFlight == 0) {
      reached.complete(null);
    } else {
      idleWaiters.add(reached);
    }
    return reached;
  }

  /**
   * Completes when this many calls of the job (null: of any) have been received in all, those
   * already received included.
   */
  public CompletableFuture<Void> received(long count, @Nullable String job) {
    long before =
        job == null ? received : entries.stream().filter(entry -> concerns(job, entry)).count();
    CompletableFuture<Void> reached = new CompletableFuture<>();
    if (before >= count) {
      reached.complete(null);
    } else {
      waiters.add(new Waiter(job, count - before, reached));
    }
    return reached;
  }

  /** The calls kept, oldest first; of one job only, if given. */
  public List<Received> received(@Nullable String job) {
    return entries.stream().filter(entry -> concerns(job, entry)).map(Entry::snapshot).toList();
  }

  public Stats stats(Map<String, Stats.PoolStats> pools, int connections) {
    return new Stats(
        received,
        new TreeMap<>(byPath),
        new TreeMap<>(byStatus),
        new TreeMap<>(byOutcome),
        new TreeMap<>(byFault),
        tokens,
        pools,
        inFlight,
        peakInFlight,
        connections);
  }

  /** Forgets the past; calls in flight stay counted as such, and end in the new sums. */
  public void reset() {
    entries.clear();
    byPath.clear();
    byStatus.clear();
    byOutcome.clear();
    byFault.clear();
    tokens = Usage.NONE;
    received = 0;
    peakInFlight = inFlight;
  }
}
