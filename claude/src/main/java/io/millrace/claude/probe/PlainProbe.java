package io.millrace.claude.probe;

import io.millrace.claude.call.ClaudeClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a plain request on a model fails like one that just failed. Thread-safe.
 *
 * <p>At most one probe for a model is under way, at most one a second begins, and it speaks for all
 * who wait for it: however many requests fail, Claude is asked little. That the plain request fails
 * alike is believed for some seconds. That it passes counts only for failures before the probe
 * began, because the account's trouble may have begun since, and would end jobs for good.
 */
public final class PlainProbe {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long BELIEVED = Duration.ofSeconds(5).toNanos();
  private static final long SPACING = Duration.ofSeconds(1).toNanos();
  private static final int MOST_MODELS = 1_000;

  /** What a probe found. */
  public enum Finding {
    /** The plain request fails with the same status. */
    ALIKE,
    /** The plain request passes: the other has itself to blame. */
    PASSES,
    /** No answer, or another trouble, says neither. */
    UNKNOWN
  }

  /** Sends the plain request. */
  @FunctionalInterface
  public interface Asker {
    /**
     * Asks.
     *
     * @param model empty: for nothing but the list of models
     * @return the status; empty if no answer came
     */
    OptionalInt ask(String model, String version, Duration atMost);
  }

  private final Asker asker;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<Question, Line> lines =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Question, Line> eldest) {
          return size() > MOST_MODELS;
        }
      };

  private record Question(String model, String version) {}

  private record Probe(long begunAt, long endedAt, OptionalInt status) {}

  /** Those who ask about one model. */
  private final class Line {
    private final Condition changed = lock.newCondition();
    private boolean asking;
    private @Nullable Probe last;
  }

  public PlainProbe(Asker asker, LongSupplier nanoTime) {
    this.asker = asker;
    this.nanoTime = nanoTime;
  }

  /** Asks Claude by counting the tokens of one word. */
  public static PlainProbe of(ClaudeClient claude) {
    return new PlainProbe(
        (model, version, atMost) ->
            model.isEmpty() ? claude.probe(atMost) : claude.probe(model, version, atMost),
        System::nanoTime);
  }

  /**
   * Compares with a failure that happened before this call.
   *
   * @param model empty: any request at all, where no model is known to be there
   * @param status with which the other request failed
   */
  public Finding compare(String model, String version, int status) throws InterruptedException {
    var question = new Question(model, version);
    long failedAt = nanoTime.getAsLong();
    long giveUpAt = failedAt + PATIENCE.toNanos();
    lock.lock();
    try {
      Line line = lines.computeIfAbsent(question, key -> new Line());
      while (true) {
        long now = nanoTime.getAsLong();
        Probe last = line.last;
        if (last != null && speaksFor(last, failedAt, status, now)) {
          return finding(last, status);
        }
        if (now >= giveUpAt) {
          return Finding.UNKNOWN;
        }
        long wait = last == null ? 0 : last.begunAt + SPACING - now;
        if (!line.asking && wait <= 0) {
          return finding(probe(line, question, giveUpAt - now), status);
        }
        long left = giveUpAt - now;
        long _ = line.changed.awaitNanos(line.asking ? left : Math.min(left, wait));
      }
    } finally {
      lock.unlock();
    }
  }

  private static boolean speaksFor(Probe probe, long failedAt, int status, long now) {
    return probe.begunAt >= failedAt
        || (finding(probe, status) == Finding.ALIKE && now - probe.endedAt < BELIEVED);
  }

  /** Called and left with the lock held, which is free in between. */
  private Probe probe(Line line, Question question, long atMost) {
    line.asking = true;
    long begunAt = nanoTime.getAsLong();
    OptionalInt status = OptionalInt.empty();
    lock.unlock();
    try {
      status = asker.ask(question.model(), question.version(), Duration.ofNanos(atMost));
    } finally {
      lock.lock();
      line.asking = false;
      line.last = new Probe(begunAt, nanoTime.getAsLong(), status);
      line.changed.signalAll();
    }
    return line.last;
  }

  private static Finding finding(Probe probe, int status) {
    if (probe.status.isEmpty()) {
      return Finding.UNKNOWN;
    }
    int found = probe.status.getAsInt();
    return found == status ? Finding.ALIKE : found / 100 == 2 ? Finding.PASSES : Finding.UNKNOWN;
  }
}
