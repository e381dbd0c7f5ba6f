package io.millrace.simulator.limit;

import io.millrace.simulator.http.Reply;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One pool's buckets.
 *
 * <p>A call is admitted by all three or by none. It pays its request and its input at once; its
 * output drains while it is produced. Times are nanoseconds since the epoch.
 */
public final class Pool {
  /** A call that was admitted, until it ends. */
  public final class Admitted {
    private final long outputTokens;
    private final long started;
    private final double perNano;
    private final Caller caller;
    private long inputOwed;
    private boolean ended;

    private Admitted(Caller caller, long inputOwed, long outputTokens, long started, long nanos) {
      this.caller = caller;
      this.inputOwed = inputOwed;
      this.outputTokens = outputTokens;
      this.started = started;
      perNano = nanos <= 0 ? 0 : outputTokens / (double) nanos;
      if (perNano > 0) {
        output().startDrain(perNano);
        speed(caller).start(perNano);
      }
    }

    /** The input is known now: the difference to its estimate is settled. */
    public void settleInput() {
      if (inputOwed != 0) {
        bucket(Dimension.INPUT_TOKENS).take((double) inputOwed);
        inputAdmitted += inputOwed;
        history.inputSettled(caller, inputOwed, at);
        inputOwed = 0;
      }
    }

    /**
     * The call is over and has produced so many tokens: the difference to what has drained is
     * settled.
     */
    public void end(long now, long produced) {
      if (ended) {
        return;
      }
      ended = true;
      advance(now);
      settleInput();
      double drained = 0;
      if (perNano > 0) {
        output().stopDrain(perNano);
        speed(caller).stop(perNano);
        drained = perNano * Math.max(0, now - started);
      }
      output().take(produced - drained);
      outputProduced += produced;
      history.produced(caller, produced - drained, now);
      noteLevels();
    }

    /** How many tokens have been produced by now. */
    public long producedBy(long now) {
      return perNano == 0
          ? 0
          : Math.min(outputTokens, (long) (perNano * Math.max(0, now - started)));
    }
  }

  private final Map<Dimension, Bucket> buckets = new EnumMap<>(Dimension.class);
  private final Map<Dimension, String> names = new EnumMap<>(Dimension.class);
  private final Map<Caller, Speed> speeds = new EnumMap<>(Caller.class);
  private final History history = new History();
  private long at;
  private long requestsAdmitted;
  private long inputAdmitted;
  private long outputProduced;
  private long refused;

  /** How fast the running calls of a caller produce, together. */
  private static final class Speed {
    private double perNano;
    private int calls;

    private void start(double more) {
      perNano += more;
      calls++;
    }

    private void stop(double less) {
      calls--;
      // As with a bucket's drain, a rest would remain.
      perNano = calls == 0 ? 0 : perNano - less;
    }
  }

  Pool(long now) {
    at = now;
    for (Caller caller : Caller.values()) {
      speeds.put(caller, new Speed());
    }
    for (Dimension dimension : Dimension.values()) {
      buckets.put(dimension, new Bucket(now));
      names.put(dimension, "anthropic-ratelimit-" + dimension.header());
    }
  }

  void resize(PoolLimits limits, Duration requestBurst, Duration tokenBurst, long now) {
    buckets.forEach((dimension, bucket) ->
        bucket.resize(
            limits.of(dimension),
            dimension == Dimension.REQUESTS ? requestBurst : tokenBurst,
            1,
            now));
  }

  private Bucket bucket(Dimension dimension) {
    Bucket bucket = buckets.get(dimension);
    if (bucket == null) {
      throw new IllegalStateException("no bucket for " + dimension);
    }
    return bucket;
  }

  private Bucket output() {
    return bucket(Dimension.OUTPUT_TOKENS);
  }

  private Speed speed(Caller caller) {
    Speed speed = speeds.get(caller);
    if (speed == null) {
      throw new IllegalStateException("no speed for " + caller);
    }
    return speed;
  }

  private void advance(long now) {
    for (Bucket bucket : buckets.values()) {
      bucket.advance(now);
    }
    if (now > at) {
      long from = at;
      at = now;
      speeds.forEach((caller, speed) -> {
        if (speed.perNano > 0) {
          history.produced(caller, speed.perNano, from, now);
        }
      });
      noteLevels();
    }
  }

  private void noteLevels() {
    buckets.forEach((dimension, bucket) -> {
      if (bucket.isLimited()) {
        history.level(dimension, bucket.level(), at);
      }
    });
  }

  /** The limit per minute, {@link PoolLimits#UNLIMITED} where there is none. */
  public long limit(Dimension dimension) {
    return bucket(dimension).limit();
  }

  /** Which limit a call with this much uncached input would exceed now, if any. */
  public Optional<Refusal> refuse(Caller caller, long estimate, long now) {
    advance(now);
    for (Dimension dimension : Dimension.values()) {
      Bucket bucket = bucket(dimension);
      double cost = dimension == Dimension.INPUT_TOKENS ? (double) estimate : 1;
      if (!bucket.has(cost)) {
        refused++;
        history.refused(caller, dimension, at);
        long seconds = Math.max(1, (bucket.nanosUntil(cost) + 999_999_999) / 1_000_000_000);
        return Optional.of(new Refusal(dimension, bucket.limit(), seconds));
      }
    }
    return Optional.empty();
  }

  /**
   * Admits a call that {@link #refuse} let pass with this estimate; its output is produced evenly
   * over the given time.
   */
  public Admitted admit(
      Caller caller, long estimate, long inputTokens, long outputTokens, long nanos, long now) {
    advance(now);
    bucket(Dimension.REQUESTS).take(1);
    bucket(Dimension.INPUT_TOKENS).take((double) estimate);
    requestsAdmitted++;
    inputAdmitted += estimate;
    history.admitted(caller, estimate, at);
    noteLevels();
    return new Admitted(caller, inputTokens - estimate, outputTokens, now, nanos);
  }

  /** Adds the headers of every limit that is set. */
  public void tell(Reply reply, long now) {
    advance(now);
    buckets.forEach((dimension, bucket) -> {
      if (bucket.isLimited()) {
        long remaining = bucket.remaining();
        long told = dimension == Dimension.REQUESTS ? remaining : thousands(remaining);
        tell(
            reply,
            names.getOrDefault(dimension, ""),
            bucket.limit(),
            told,
            now + bucket.nanosUntilFull());
      }
    });
    Bucket input = bucket(Dimension.INPUT_TOKENS);
    if (input.isLimited() && output().isLimited()) {
      long remaining = thousands(input.remaining() + output().remaining());
      long full = now + Math.max(input.nanosUntilFull(), output().nanosUntilFull());
      tell(reply, "anthropic-ratelimit-tokens", input.limit() + output().limit(), remaining, full);
    }
  }

  private static void tell(Reply reply, String name, long limit, long remaining, long fullAt) {
    reply.header(name + "-limit", limit);
    reply.header(name + "-remaining", remaining);
    reply.header(
        name + "-reset", Instant.ofEpochSecond(Math.ceilDiv(fullAt, 1_000_000_000L)).toString());
  }

  private static long thousands(long tokens) {
    return (tokens + 500) / 1000 * 1000;
  }

  public long requestsAdmitted() {
    return requestsAdmitted;
  }

  public long inputAdmitted() {
    return inputAdmitted;
  }

  public long outputProduced() {
    return outputProduced;
  }

  public long refused() {
    return refused;
  }

  /** The last hour, second by second, up to now. */
  public List<PoolSecond> history(long now) {
    advance(now);
    return history.read();
  }

  void forgetCounts() {
    history.clear();
    requestsAdmitted = 0;
    inputAdmitted = 0;
    outputProduced = 0;
    refused = 0;
  }
}
