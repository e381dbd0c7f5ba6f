package io.millrace.claude.limit;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.claude.call.Reply;
import io.millrace.claude.call.ReplyHeaders;
import io.millrace.claude.classify.Outcome;
import io.millrace.claude.limit.Draw.Drawn;
import io.millrace.claude.limit.Draw.Limit;
import io.millrace.claude.limit.Draw.Refused;
import io.millrace.claude.limit.Draw.Told;
import io.millrace.db.limit.PoolRate;
import io.millrace.db.limit.RatePools;
import io.millrace.db.loop.Loop;
import io.millrace.failure.FailureCode;
import io.millrace.rate.Dimension;
import io.millrace.telemetry.LatencyBuckets;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Admits the calls of one worker, so that all workers together stay inside the limits of each pool
 * and use them up. Who wants to call takes a place in line; a loop draws from the buckets in
 * PostgreSQL for all who wait, at most twenty times a second and pool, and tells there what became
 * of earlier grants. Where nothing is limited, calls start at once and are only told of.
 */
public final class Limiter {
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
  private static final Duration WAIT_WITHOUT_WORD = Duration.ofSeconds(1);

  private final RatePools pools;
  private final LimiterSettings settings;
  private final LongSupplier nanoTime;
  private final MeterRegistry meters;
  private final UUID worker = UUID.randomUUID();
  private final Map<String, PoolLine> lines = new ConcurrentHashMap<>();
  private final Loop loop;
  private final Timer draws;

  /**
   * Makes a limiter, which admits nobody before it is started.
   *
   * @param nanoTime a clock that never goes back, such as {@code System::nanoTime}
   */
  public Limiter(
      RatePools pools, LimiterSettings settings, LongSupplier nanoTime, MeterRegistry meters) {
    this.pools = pools;
    this.settings = settings;
    this.nanoTime = nanoTime;
    this.meters = meters;
    this.loop = new Loop("rate", meters, this::once);
    this.draws =
        Timer.builder(Metric.LIMITER_DRAWS.meter())
            .serviceLevelObjectives(LatencyBuckets.bounds())
            .register(meters);
  }

  public void start() {
    loop.start();
  }

  public void stop(Duration bound) {
    loop.stop(bound);
  }

  /**
   * Takes a place in line.
   *
   * @param answered called once there is an answer; at once, on this thread, where nothing limits
   */
  public Ticket ask(Wanted wanted, Runnable answered) {
    var line = line(wanted.pool());
    long now = nanoTime.getAsLong();
    if (settings.isShadow() && line.isShort()) {
      meters.counter(Metric.LIMITER_SHADOWED.meter(), "pool", wanted.pool()).increment();
    }
    var ticket = line.ask(wanted, answered, now, settings.isShadow());
    if (ticket.answer() == null && line.dueAt() - now < PoolLine.SPACING) {
      loop.wake();
    }
    return ticket;
  }

  /** Leaves the line; whatever was granted meanwhile goes back. */
  public void leave(Ticket ticket) {
    var line = line(ticket.wanted().pool());
    if (!line.leave(ticket) && ticket.answer() instanceof Ticket.Granted(var permit)) {
      giveBack(permit);
    }
  }

  /** Gives a grant back: nothing was sent. */
  public void giveBack(Permit permit) {
    line(permit.pool()).settle(permit, -1, -permit.wanted().input(), 0);
  }

  /**
   * Gives the tokens of a grant back, but not its moment: who is granted it again would start
   * together with those granted after it.
   */
  public void forfeit(Permit permit) {
    line(permit.pool()).settle(permit, 0, -permit.wanted().input(), 0);
  }

  /** A request that uses no tokens was answered, or may have been. */
  public void used(Permit permit, Reply reply) {
    var line = line(permit.pool());
    line.settle(permit, 0, 0, 0);
    used(permit.pool(), Dimension.REQUESTS, 1);
    if (reply instanceof Reply.Answered answer) {
      line.heard(told(answer.headers()), permit.isBlockProbe(), nanoTime.getAsLong());
    }
  }

  /** Replaces what was reserved by what the call took, and takes note of what the provider said. */
  public void settle(Permit permit, Outcome outcome, Reply reply) {
    var line = line(permit.pool());
    var wanted = permit.wanted();
    long now = nanoTime.getAsLong();
    switch (outcome) {
      case Outcome.Succeeded(_, var facts) -> {
        var usage = facts.usage();
        line.settle(
            permit, 0, usage.rateLimitedInputTokens() - wanted.input(), usage.outputTokens());
        used(permit, usage.rateLimitedInputTokens(), usage.outputTokens());
      }
      case Outcome.RateLimited(var fault, var retryAfter, var dimension) -> {
        forfeit(permit);
        refused(line, permit, fault.code(), retryAfter, dimension, now);
      }
      case Outcome.Retryable _ when reply instanceof Reply.NothingSent -> giveBack(permit);
      case Outcome.Retryable _, Outcome.Platform _, Outcome.Permanent _ -> {
        line.settle(permit, 0, -wanted.input(), 0);
        used(permit, 0, 0);
      }
      // What an ambiguous call took is not known: the estimate stands.
      case Outcome.Ambiguous _ -> {
        line.settle(permit, 0, 0, wanted.output());
        used(permit, wanted.input(), wanted.output());
      }
    }
    if (outcome instanceof Outcome.Platform) {
      line.distrust(now);
    }
    if (reply instanceof Reply.Answered answer) {
      boolean letIn = !(outcome instanceof Outcome.RateLimited);
      line.heard(told(answer.headers()), letIn && permit.isBlockProbe(), now);
    }
  }

  private void refused(
      PoolLine line,
      Permit permit,
      FailureCode code,
      @Nullable Duration retryAfter,
      @Nullable Dimension dimension,
      long now) {
    var wait = retryAfter == null ? WAIT_WITHOUT_WORD : retryAfter;
    line.refused(
        new Refused(dimension, code == FailureCode.RAMP_LIMIT_EXCEEDED, wait.toNanos() / 1_000, 0),
        permit.begun(),
        now);
    meters
        .counter(
            Metric.LIMITER_REFUSED.meter(),
            "pool",
            permit.pool(),
            "dimension",
            dimension == null ? code.wireName() : dimension.wireName())
        .increment();
    loop.wake();
  }

  private void used(Permit permit, long input, long output) {
    used(permit.pool(), Dimension.REQUESTS, 1);
    used(permit.pool(), Dimension.INPUT_TOKENS, (double) input);
    used(permit.pool(), Dimension.OUTPUT_TOKENS, (double) output);
  }

  private void used(String pool, Dimension dimension, double amount) {
    meters
        .counter(Metric.LIMITER_USED.meter(), "pool", pool, "dimension", dimension.wireName())
        .increment(amount);
  }

  private static @Nullable Told told(ReplyHeaders headers) {
    var limits =
        Stream.of("requests", "input-tokens", "output-tokens")
            .map(name ->
                new Limit(headers.limit(name).orElse(null), headers.remaining(name).orElse(null)))
            .toList();
    return limits.stream().allMatch(limit -> limit.perMinute() == null)
        ? null
        : new Told(limits, 0);
  }

  /** Whether jobs of the pool are likely to wait for the rate. */
  public boolean isCongested(String pool) {
    var line = lines.get(pool);
    if (line == null) {
      return false;
    }
    var view = line.view();
    return line.waiting() > 0
        || (view != null && (view.rate().waitsFor() != null || view.paused() != null));
  }

  /** Pools that this worker calls. */
  public List<String> pools() {
    return List.copyOf(lines.keySet());
  }

  private PoolLine line(String pool) {
    return lines.computeIfAbsent(
        pool,
        name -> {
          var line =
              new PoolLine(name, settings.of(name), settings.patience(), nanoTime.getAsLong());
          for (Dimension dimension : Dimension.values()) {
            gauge(Metric.LIMITER_LIMIT, line, dimension, bucket -> bucket.perSecond() * 60);
            gauge(Metric.LIMITER_DEFICIT, line, dimension, PoolRate.Bucket::deficit);
            gauge(Metric.LIMITER_BURST, line, dimension, PoolRate.Bucket::burst);
          }
          return line;
        });
  }

  private void gauge(
      Metric metric, PoolLine line, Dimension dimension, ToDoubleFunction<PoolRate.Bucket> value) {
    Gauge.builder(
            metric.meter(),
            line,
            it -> {
              var seen = it.view();
              var bucket = seen == null ? null : seen.rate().bucket(dimension);
              return bucket == null || bucket.limit() == null
                  ? Double.NaN
                  : value.applyAsDouble(bucket);
            })
        .tags("pool", line.pool(), "dimension", dimension.wireName())
        .register(meters);
  }

  private Duration once() {
    long now = nanoTime.getAsLong();
    long next = now + LONGEST_PAUSE.toNanos();
    for (PoolLine line : lines.values()) {
      long due = line.dueAt();
      if (due <= now) {
        draw(line);
        due = line.dueAt();
      }
      next = Math.min(next, due);
    }
    return Duration.ofNanos(Math.max(0, next - nanoTime.getAsLong()));
  }

  private void draw(PoolLine line) {
    long before = nanoTime.getAsLong();
    var prepared = line.prepare(before);
    Drawn drawn;
    try {
      drawn =
          pools.draw(line.pool(), worker, opened -> Reckoning.of(opened, prepared.draw(), worker));
    } catch (RuntimeException failure) {
      line.failed(prepared);
      throw failure;
    }
    long now = nanoTime.getAsLong();
    draws.record(Duration.ofNanos(now - before));
    line.drawn(prepared, drawn, now);
  }
}
