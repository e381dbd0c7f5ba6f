package io.millrace.worker.quota;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.estimate.Estimator;
import io.millrace.db.job.Releases;
import io.millrace.db.job.Releases.Counted;
import io.millrace.db.job.Releases.Pick;
import io.millrace.db.job.Releases.Queue;
import io.millrace.db.job.Releases.Released;
import io.millrace.db.quota.QuotaBuckets;
import io.millrace.db.quota.QuotaBuckets.Advance;
import io.millrace.db.quota.QuotaBuckets.Late;
import io.millrace.db.quota.QuotaBuckets.Verdict;
import io.millrace.db.quota.QuotaOwner;
import io.millrace.db.quota.QuotaState;
import io.millrace.job.Lane;
import io.millrace.telemetry.Metric;
import io.millrace.worker.quota.QuotaBucket.Place;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Releases what the quotas let start. A tenant beyond its own quota is simply not asked: its jobs
 * stay in their order, ready for the moment there is room. A user beyond his shares his tenant's
 * queue with others, so his jobs leave it, each for a time of its own; a flood of them is taken
 * from the head of the queue some hundreds at a time, so that it hides nobody for long.
 *
 * <p>Where no quota is set, this is {@link Releases#release}. Not thread-safe: the dispatcher's.
 */
public final class Quotas {

  private static final int HEADS = 500;
  private static final int SIFTINGS = 4;
  private static final int FORGET_EVERY = 2_000;
  private static final long ADVANCE_NANOS = Duration.ofSeconds(5).toNanos();
  private static final int ADVANCED_AT_ONCE = 100;
  private static final int FREED_AT_ONCE = 1_000;

  private final QuotaSettings settings;
  private final QuotaBuckets buckets;
  private final Releases releases;
  private final LongSupplier nanoTime;
  private final Counter delayed;
  private final Map<Integer, String> names = new HashMap<>();
  private int calls;
  private long advancedAt;
  private boolean awaits = true;

  Quotas(
      QuotaSettings settings,
      QuotaBuckets buckets,
      Releases releases,
      LongSupplier nanoTime,
      MeterRegistry meters) {
    this.settings = settings;
    this.buckets = buckets;
    this.releases = releases;
    this.nanoTime = nanoTime;
    this.advancedAt = nanoTime.getAsLong();
    this.delayed = meters.counter(Metric.QUOTAS_DELAYED.meter());
  }

  /** As {@link Releases#release}; answers only those that may start now. */
  public List<Released> release(List<Pick> picks, Duration sweep) {
    if (settings.areNone()) {
      return releases.release(picks, sweep);
    }
    if (++calls % FORGET_EVERY == 0) {
      buckets.forget();
    }
    List<Released> let = new ArrayList<>();
    List<Pick> left = within(picks);
    for (int i = 0; i < SIFTINGS && !left.isEmpty(); i++) {
      var round = new Round();
      round.judge(releases.releaseCounted(left, sweep));
      let.addAll(round.let);
      if (round.full.isEmpty()) {
        break;
      }
      round.full.forEach(this::sift);
      left =
          left.stream()
              .filter(pick -> round.full.containsKey(pick.queue()))
              .map(pick -> new Pick(pick.queue(), round.late(pick.queue())))
              .toList();
    }
    return let;
  }

  /**
   * Now and then, lets jobs have their turn before their time where room is left: others that stood
   * before them were canceled, calls took less than expected, or the quota was raised.
   */
  public void advance() {
    if (!awaits || nanoTime.getAsLong() - advancedAt < ADVANCE_NANOS) {
      return;
    }
    advancedAt = nanoTime.getAsLong();
    var awaited = buckets.awaited(ADVANCED_AT_ONCE);
    // Without quotas there may be jobs that wait for those of before.
    awaits = !settings.areNone() || !awaited.isEmpty();
    for (var owner : awaited) {
      buckets.advance(owner, (now, state) -> advance(owner, state, now));
    }
  }

  private Advance advance(QuotaOwner owner, QuotaState state, long now) {
    var quota = quota(owner);
    if (quota == null) {
      return new Advance(FREED_AT_ONCE, state, QuotaState.NEW);
    }
    var bucket = new QuotaBucket(quota, state, now);
    int jobs = (int) Math.min(FREED_AT_ONCE, bucket.idle());
    var waiting = bucket.state();
    bucket.forgetLines();
    return new Advance(jobs, waiting, bucket.state());
  }

  /** What there is room for in the tenants' own quotas. */
  private List<Pick> within(List<Pick> picks) {
    Set<QuotaOwner> tenants = new HashSet<>();
    for (Pick pick : picks) {
      if (ofTenant(pick.queue()) != null) {
        tenants.add(new QuotaOwner(pick.queue().tenantId(), null));
      }
    }
    if (tenants.isEmpty()) {
      return picks;
    }
    Map<Integer, Long> room = new HashMap<>();
    buckets.decide(
        tenants,
        (now, states) -> {
          for (var tenant : tenants) {
            var bucket = bucket(tenant, states, now);
            room.put(tenant.tenantId(), bucket.startable());
          }
          return new Verdict(Map.of(), List.of());
        });
    List<Pick> within = new ArrayList<>();
    for (Pick pick : picks) {
      long most = room.getOrDefault(pick.queue().tenantId(), Long.MAX_VALUE);
      int jobs = (int) Math.min(most, pick.jobs());
      room.computeIfPresent(pick.queue().tenantId(), (_, rest) -> rest - jobs);
      if (jobs > 0) {
        within.add(new Pick(pick.queue(), jobs));
      }
    }
    return within;
  }

  /** Puts off what else the users who are beyond their quota have at the head of the queue. */
  private void sift(Queue queue, Map<QuotaOwner, Integer> late) {
    int found =
        buckets.sift(
            queue,
            HEADS,
            late.keySet(),
            (heads, now, states) -> {
              Map<QuotaOwner, QuotaBucket> open = open(late.keySet(), states, now);
              List<Late> others = new ArrayList<>();
              for (Counted job : heads) {
                var bucket = open.get(user(job));
                if (bucket != null && !job.counted()) {
                  long tokens = bucket.expected(estimate(job));
                  if (!bucket.mayStart(place(job), now, tokens)) {
                    others.add(putOff(job, bucket, tokens, now));
                  }
                }
              }
              return new Verdict(states(open), others);
            });
    delayed.increment(found);
  }

  private static Place place(Counted job) {
    return Place.of(job.released().queue().lane() == Lane.INTERACTIVE, job.timesPutOff());
  }

  private static Late putOff(Counted job, QuotaBucket bucket, long tokens, long now) {
    long until = bucket.putOff(place(job), now, tokens, micros(job.expiresAt()));
    return new Late(job.released().job().id(), until, job.timesPutOff() > 0);
  }

  private Map<QuotaOwner, QuotaBucket> open(
      Set<QuotaOwner> owners, Map<QuotaOwner, QuotaState> states, long now) {
    Map<QuotaOwner, QuotaBucket> open = new HashMap<>();
    for (var owner : owners) {
      open.put(owner, bucket(owner, states, now));
    }
    return open;
  }

  private QuotaBucket bucket(QuotaOwner owner, Map<QuotaOwner, QuotaState> states, long now) {
    return new QuotaBucket(
        Objects.requireNonNull(quota(owner)), states.getOrDefault(owner, QuotaState.NEW), now);
  }

  private static Map<QuotaOwner, QuotaState> states(Map<QuotaOwner, QuotaBucket> open) {
    Map<QuotaOwner, QuotaState> states = new HashMap<>();
    open.forEach((owner, bucket) -> states.put(owner, bucket.state()));
    return states;
  }

  private @Nullable Quota quota(QuotaOwner owner) {
    String name = names.computeIfAbsent(owner.tenantId(), id -> buckets.tenant(id).orElse(""));
    return owner.userId() == null ? settings.ofTenant(name) : settings.ofUsers(name);
  }

  private @Nullable Quota ofTenant(Queue queue) {
    return quota(new QuotaOwner(queue.tenantId(), null));
  }

  private static QuotaOwner tenant(Counted job) {
    return new QuotaOwner(job.released().queue().tenantId(), null);
  }

  private static @Nullable QuotaOwner user(Counted job) {
    return job.userId() == null
        ? null
        : new QuotaOwner(job.released().queue().tenantId(), job.userId());
  }

  private static long estimate(Counted job) {
    return estimate(job.released().estimatedInput(), job.released().maxOutput());
  }

  /** What a job counts for before it is known how such estimates turn out. */
  static long estimate(int estimatedInput, int maxOutput) {
    return estimatedInput + Estimator.outputGuess(maxOutput);
  }

  private static long micros(Instant time) {
    return Math.addExact(
        Math.multiplyExact(time.getEpochSecond(), 1_000_000L), time.getNano() / 1_000);
  }

  /** What became of some jobs that were released. */
  private final class Round {
    private final List<Released> let = new ArrayList<>();
    private final Map<Queue, Map<QuotaOwner, Integer>> full = new LinkedHashMap<>();

    void judge(List<Counted> jobs) {
      Set<QuotaOwner> owners = new HashSet<>();
      for (Counted job : jobs) {
        if (!job.counted()) {
          limited(tenant(job), owners);
          limited(user(job), owners);
        }
      }
      if (owners.isEmpty()) {
        jobs.forEach(job -> let.add(job.released()));
        return;
      }
      List<Counted> back = new ArrayList<>();
      buckets.decide(
          owners,
          (now, states) -> {
            let.clear();
            full.clear();
            back.clear();
            return judge(jobs, open(owners, states, now), back, now);
          });
      if (!back.isEmpty()) {
        releases.takeBackUncounted(back);
      }
      full.values().forEach(late -> late.values().forEach(delayed::increment));
    }

    private Verdict judge(
        List<Counted> jobs, Map<QuotaOwner, QuotaBucket> open, List<Counted> back, long now) {
      List<Late> late = new ArrayList<>();
      for (Counted job : jobs) {
        var owner = user(job);
        var user = job.counted() || owner == null ? null : open.get(owner);
        var tenant = job.counted() ? null : open.get(tenant(job));
        long ofUser = user == null ? 0 : user.expected(estimate(job));
        long ofTenant = tenant == null ? 0 : tenant.expected(estimate(job));
        if (user != null && !user.mayStart(place(job), now, ofUser)) {
          late.add(putOff(job, user, ofUser, now));
          full.computeIfAbsent(job.released().queue(), _ -> new HashMap<>())
              .merge(Objects.requireNonNull(owner), 1, Integer::sum);
        } else if (tenant != null && !tenant.hasRoom(ofTenant)) {
          back.add(job);
        } else {
          start(user, ofUser, now);
          start(tenant, ofTenant, now);
          let.add(job.released());
        }
      }
      return new Verdict(states(open), late);
    }

    private void start(@Nullable QuotaBucket bucket, long tokens, long now) {
      if (bucket != null) {
        bucket.start(now, tokens);
      }
    }

    private void limited(@Nullable QuotaOwner owner, Set<QuotaOwner> owners) {
      if (owner != null && quota(owner) != null) {
        owners.add(owner);
      }
    }

    int late(Queue queue) {
      return full.getOrDefault(queue, Map.of()).values().stream().mapToInt(jobs -> jobs).sum();
    }
  }
}
