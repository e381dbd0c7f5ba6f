package io.millrace.worker.quota;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.job.Settlement;
import io.millrace.db.job.Settlement.Call;
import io.millrace.db.job.Settlement.Effect.Keep;
import io.millrace.db.loop.Loop;
import io.millrace.db.quota.QuotaBuckets;
import io.millrace.db.quota.QuotaOwner;
import io.millrace.db.quota.QuotaState.Tokens;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * Tells the dispatcher what this worker's calls took, once a second. A worker that is killed tells
 * nothing of its last: their estimates stand until their minute is over.
 */
public final class QuotaUse implements SmartLifecycle {

  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration BOUND = Duration.ofSeconds(5);

  private final QuotaSettings settings;
  private final QuotaBuckets buckets;
  private final @Nullable Loop loop;
  private Map<QuotaOwner, Tokens> used = new HashMap<>();
  private volatile boolean running;

  QuotaUse(QuotaSettings settings, QuotaBuckets buckets, MeterRegistry meters) {
    this.settings = settings;
    this.buckets = buckets;
    this.loop = settings.areNone() ? null : new Loop("quotas", meters, this::tell);
  }

  /** Takes in what was recorded of a call. */
  public void recorded(Settlement settlement) {
    Call call = settlement.call();
    if (call == null || call.presumed() || loop == null) {
      return;
    }
    var job = settlement.job();
    boolean goesOn = settlement.effect() instanceof Keep;
    long estimate = goesOn ? 0 : Quotas.estimate(job.estimatedInput(), job.maxOutput());
    var tokens = new Tokens((double) actual(call, estimate), (double) estimate);
    var tenant = new QuotaOwner(job.tenantId(), null);
    synchronized (this) {
      if (!settings.tenants().isEmpty()) {
        used.merge(tenant, tokens, QuotaUse::sum);
      }
      if (job.userId() != null && !settings.users().isEmpty()) {
        used.merge(new QuotaOwner(job.tenantId(), job.userId()), tokens, QuotaUse::sum);
      }
    }
  }

  /** What is not known counts as estimated; a call that failed took nothing. */
  private static long actual(Call call, long estimate) {
    var charge = call.charge();
    if (charge == null) {
      return 0;
    }
    return charge.suspected()
        ? estimate
        : charge.usage().rateLimitedInputTokens() + charge.usage().outputTokens();
  }

  private static Tokens sum(Tokens one, Tokens other) {
    return new Tokens(one.actual() + other.actual(), one.estimate() + other.estimate());
  }

  Duration tell() {
    Map<QuotaOwner, Tokens> telling;
    synchronized (this) {
      telling = used;
      used = new HashMap<>();
    }
    if (!telling.isEmpty()) {
      buckets.settle(telling);
    }
    return PAUSE;
  }

  @Override
  public void start() {
    running = true;
    if (loop != null) {
      loop.start();
    }
  }

  @Override
  public void stop() {
    running = false;
    if (loop != null) {
      loop.stop(BOUND);
      tell();
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** Outlives the drain, which records the last calls. */
  @Override
  public int getPhase() {
    return SmartLifecycle.DEFAULT_PHASE - 1;
  }
}
