package io.millrace.api.inspect;

import io.millrace.db.job.JobView;
import io.millrace.db.job.QueuePlaces;
import io.millrace.db.job.QueuePlaces.Line;
import io.millrace.db.job.QueuePlaces.Standing;
import io.millrace.db.limit.PoolView.Rate;
import io.millrace.db.limit.PoolViews;
import io.millrace.job.JobId;
import io.millrace.wire.Waiting;
import io.millrace.wire.Waiting.Reason;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Says why queued jobs wait and, of one at a time, when it may start: a guess from the rate at
 * which its pool starts jobs and from how many go first.
 */
final class ExplainWait {

  /** A place further back than this is too far to tell a time. */
  private static final int MOST_AHEAD = 10_000;

  private static final Duration FARTHEST = Duration.ofDays(30);

  // Counting a place takes the store some milliseconds: those who ask much are answered without.
  private final Semaphore counting = new Semaphore(2);

  private final PoolViews pools;
  private final QueuePlaces places;
  private final Clock clock;

  ExplainWait(PoolViews pools, QueuePlaces places, Clock clock) {
    this.pools = pools;
    this.places = places;
    this.clock = clock;
  }

  /** Why, and when. */
  Waiting one(int tenantId, JobView job) {
    var rates = rates(List.of(job));
    Waiting waiting = several(tenantId, List.of(job), rates).getOrDefault(job.id(), Waiting.NONE);
    Rate rate = rates.get(job.pool());
    if (!isHeld(waiting) || rate == null || !counting.tryAcquire()) {
      return waiting;
    }
    try {
      return new Waiting(waiting.reason(), start(tenantId, job, rate));
    } finally {
      counting.release();
    }
  }

  /** Why; when only for those that wait for a time of their own. */
  Map<JobId, Waiting> several(int tenantId, Collection<JobView> jobs) {
    return several(tenantId, jobs, rates(jobs));
  }

  /** The buckets that those jobs may wait for. */
  private Map<String, Rate> rates(Collection<JobView> jobs) {
    Instant now = clock.instant();
    return pools.rates(
        jobs.stream()
            .filter(job -> Waiting.of(job, now).reason() == Reason.DISPATCH)
            .map(JobView::pool)
            .distinct()
            .toList());
  }

  private Map<JobId, Waiting> several(
      int tenantId, Collection<JobView> jobs, Map<String, Rate> rates) {
    Instant now = clock.instant();
    Map<JobId, Waiting> explained = new HashMap<>();
    List<JobView> held = new ArrayList<>();
    for (JobView job : jobs) {
      Waiting waiting = Waiting.of(job, now);
      explained.put(job.id(), waiting);
      if (waiting.reason() == Reason.DISPATCH && rates.containsKey(job.pool())) {
        held.add(job);
      }
    }
    Map<Line, Standing> standing =
        places.standing(
            held.stream()
                .filter(job -> !job.released() && isBinding(rate(rates, job)))
                .map(job -> line(tenantId, job))
                .toList());
    for (JobView job : held) {
      Reason reason = reason(rate(rates, job), job, standing.get(line(tenantId, job)));
      explained.put(job.id(), new Waiting(reason, null));
    }
    return explained;
  }

  /** Whether it waits for others, not for a time of its own or for an operator. */
  private static boolean isHeld(Waiting waiting) {
    return waiting.reason() != null && waiting.expectedStart() == null;
  }

  private static Reason reason(Rate rate, JobView job, @Nullable Standing standing) {
    if (rate.binding().isEmpty()) {
      // A ramp limit or an open circuit: nothing at all starts until then.
      return rate.isBlocked() ? Reason.PAUSED : Reason.DISPATCH;
    }
    boolean others = standing != null && standing.shared() && !job.id().equals(standing.head());
    return others && !job.released()
        ? Reason.TENANT_SHARE
        : Reason.of(rate.binding().orElseThrow());
  }

  private @Nullable Instant start(int tenantId, JobView job, Rate rate) {
    OptionalLong ahead =
        job.released() ? OptionalLong.of(0) : places.ahead(line(tenantId, job), job, MOST_AHEAD);
    if (ahead.isEmpty()) {
      return null;
    }
    // The one that is next waits too where the limit is what holds it.
    long turns = ahead.getAsLong() + (isBinding(rate) && !rate.isBlocked() ? 1 : 0);
    Optional<Double> pace = rate.pace();
    if (turns > 0 && pace.isEmpty()) {
      return null;
    }
    double seconds = turns == 0 ? 0 : turns / pace.orElseThrow();
    if (seconds > FARTHEST.toSeconds()) {
      return null;
    }
    Instant from = latest(clock.instant(), job.dueAt());
    if (rate.isBlocked()) {
      from = latest(from, rate.blockedUntil());
    }
    return from.plusSeconds((long) Math.ceil(seconds)).truncatedTo(ChronoUnit.SECONDS);
  }

  private static Instant latest(Instant one, @Nullable Instant other) {
    return other != null && other.isAfter(one) ? other : one;
  }

  private static boolean isBinding(Rate rate) {
    return rate.binding().isPresent();
  }

  private static Rate rate(Map<String, Rate> rates, JobView job) {
    return Objects.requireNonNull(rates.get(job.pool()));
  }

  private static Line line(int tenantId, JobView job) {
    return new Line(job.pool(), job.lane(), tenantId);
  }
}
