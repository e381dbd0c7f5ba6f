package io.millrace.worker.quota;

import io.millrace.db.quota.QuotaState;
import io.millrace.db.quota.QuotaState.Starts;
import io.millrace.db.quota.QuotaState.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The arithmetic of one quota. What was started is remembered by the second, for as long as it may
 * share a minute with what starts next, so that no minute, wherever it begins, holds more than the
 * quota; a whole minute's worth may start at once.
 *
 * <p>Those who find no room are given times at which there will be some, one after the other, a
 * fair part of a minute apart: a flood is put off once, each of its jobs to its own turn. Such a
 * time is no promise: whoever finds no room then, because interactive jobs went first, is given
 * another one in a line of its own, and so not at the end of the flood.
 *
 * <p>Not thread-safe. Times are microseconds since the epoch.
 */
final class QuotaBucket {

  private static final long SECOND = 1_000_000;
  // Two starts within a minute may lie in the first and the last of so many seconds.
  private static final long SECONDS = 61;
  // Of the estimates' learnt correction: what ended calls of ten settlements ago still count.
  private static final double MEMORY = 0.9;
  private static final double LEAST_CORRECTION = 0.02;
  private static final double WORTH_WHILE = 0.1;

  private final Quota quota;
  private final TreeMap<Long, Starts> starts = new TreeMap<>();
  private long far;
  private long near;
  private long front;
  private Tokens learnt;

  QuotaBucket(Quota quota, QuotaState state, long now) {
    this.quota = quota;
    this.far = state.far();
    this.near = state.near();
    this.front = state.front();
    this.learnt = state.learnt();
    long oldest = second(now) - SECONDS + 1;
    for (Starts second : state.starts()) {
      if (second.second() >= oldest) {
        starts.put(second.second(), second);
      }
    }
    settle(state.settled(), now);
  }

  /** What a job that was estimated so is expected to take. */
  long expected(long estimate) {
    return Math.max(1, Math.round((double) estimate * correction()));
  }

  /** Where a job stands; each goes before those above it. */
  enum Place {
    NEW,
    PUT_OFF_ONCE,
    PUT_OFF_AGAIN,
    INTERACTIVE;

    static Place of(boolean interactive, int timesPutOff) {
      if (interactive) {
        return INTERACTIVE;
      }
      return switch (timesPutOff) {
        case 0 -> NEW;
        case 1 -> PUT_OFF_ONCE;
        default -> PUT_OFF_AGAIN;
      };
    }
  }

  /**
   * Whether a job may start now: if there is room, and nobody waits who goes before it. One that is
   * larger than the quota starts alone.
   */
  boolean mayStart(Place place, long now, long tokens) {
    boolean first =
        switch (place) {
          case NEW -> far <= now && near <= now && front <= now;
          case PUT_OFF_ONCE -> near <= now && front <= now;
          case PUT_OFF_AGAIN -> front <= now;
          case INTERACTIVE -> true;
        };
    return first && hasRoom(tokens);
  }

  boolean hasRoom(long tokens) {
    return fits(requests(), used(), tokens);
  }

  void start(long now, long tokens) {
    add(second(now), 1, tokens);
  }

  /**
   * Gives a job that may not start a time to try again.
   *
   * @param latest a time after which it need not try
   */
  long putOff(Place place, long now, long tokens, long latest) {
    long line =
        switch (place) {
          case NEW -> far;
          case PUT_OFF_ONCE, PUT_OFF_AGAIN -> near;
          case INTERACTIVE -> front;
        };
    long turn = Math.max(opening(now, tokens), line);
    if (turn >= latest) {
      return latest;
    }
    long next = turn + interval(tokens);
    switch (place) {
      case NEW -> far = next;
      case PUT_OFF_ONCE, PUT_OFF_AGAIN -> near = next;
      case INTERACTIVE -> front = next;
    }
    return turn;
  }

  /** How many jobs may start now, if they are like the latest; of tokens unheard of, one. */
  long startable() {
    long byRequests =
        quota.requestsPerMinute() == null
            ? Long.MAX_VALUE
            : Math.max(0, quota.requestsPerMinute() - requests());
    if (quota.tokensPerMinute() == null) {
      return byRequests;
    }
    double left = (double) (quota.tokensPerMinute() - used());
    long byTokens = left <= 0 ? 0 : starts.isEmpty() ? 1 : (long) Math.max(1, left / tokensEach());
    return Math.min(byRequests, byTokens);
  }

  /**
   * How many of those who wait for their turn may have it now, where so much room is left that it
   * is worth their while: their turns were set by what was known then.
   */
  long idle() {
    long jobs = startable();
    double part =
        Math.max(
            quota.requestsPerMinute() == null
                ? 0
                : (double) jobs / (double) quota.requestsPerMinute(),
            quota.tokensPerMinute() == null
                ? 0
                : (double) jobs * tokensEach() / (double) quota.tokensPerMinute());
    return part >= WORTH_WHILE || starts.isEmpty() ? jobs : 0;
  }

  /** Nobody waits any more. */
  void forgetLines() {
    far = 0;
    near = 0;
    front = 0;
  }

  QuotaState state() {
    return new QuotaState(List.copyOf(starts.values()), far, near, front, new Tokens(0, 0), learnt);
  }

  private void settle(Tokens settled, long now) {
    if (settled.estimate() == 0 && settled.actual() == 0) {
      return;
    }
    double charged = settled.estimate() * correction();
    learnt =
        new Tokens(
            learnt.actual() * MEMORY + settled.actual(),
            learnt.estimate() * MEMORY + settled.estimate());
    long more = Math.round(settled.actual() - charged);
    if (more > 0) {
      add(second(now), 0, more);
    } else {
      giveBack(-more);
    }
  }

  /** From the earliest starts: what ended has been there the longest. */
  private void giveBack(long tokens) {
    long left = tokens;
    for (Map.Entry<Long, Starts> entry : new ArrayList<>(starts.entrySet())) {
      var second = entry.getValue();
      long back = Math.min(left, second.tokens());
      left -= back;
      starts.put(
          entry.getKey(), new Starts(second.second(), second.requests(), second.tokens() - back));
    }
  }

  private void add(long second, int requests, long tokens) {
    starts.merge(
        second,
        new Starts(second, requests, tokens),
        (one, other) ->
            new Starts(second, one.requests() + other.requests(), one.tokens() + other.tokens()));
  }

  private double correction() {
    return learnt.estimate() <= 0
        ? 1
        : Math.max(LEAST_CORRECTION, learnt.actual() / learnt.estimate());
  }

  private boolean fits(long requests, long used, long tokens) {
    return (quota.requestsPerMinute() == null || requests < quota.requestsPerMinute())
        && (quota.tokensPerMinute() == null
            || used + tokens <= quota.tokensPerMinute()
            || (requests == 0 && used <= 0));
  }

  /** When enough of what was started is a minute ago. */
  private long opening(long now, long tokens) {
    long requests = requests();
    long used = used();
    long opening = now;
    for (Starts second : starts.values()) {
      if (fits(requests, used, tokens)) {
        break;
      }
      requests -= second.requests();
      used -= second.tokens();
      opening = Math.max(now, (second.second() + SECONDS) * SECOND);
    }
    return opening;
  }

  private long interval(long tokens) {
    double part = 0;
    if (quota.requestsPerMinute() != null) {
      part = 1.0 / (double) quota.requestsPerMinute();
    }
    if (quota.tokensPerMinute() != null) {
      part = Math.max(part, (double) tokens / (double) quota.tokensPerMinute());
    }
    return (long) Math.ceil(part * (double) (SECONDS * SECOND));
  }

  private double tokensEach() {
    return Math.max(1, (double) used() / (double) Math.max(1, requests()));
  }

  private long requests() {
    return starts.values().stream().mapToLong(Starts::requests).sum();
  }

  private long used() {
    return starts.values().stream().mapToLong(Starts::tokens).sum();
  }

  private static long second(long now) {
    return Math.floorDiv(now, SECOND);
  }
}
