package io.millrace.worker.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.claude.call.Timings;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import io.millrace.telemetry.Hop;
import io.millrace.telemetry.LatencyBuckets;
import io.millrace.telemetry.Metric;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * How long jobs take, hop by hop. Up to the claim the database's clock measures, and from there
 * this process's, so that no two machines' clocks are ever compared. Each record is a lookup in an
 * array and one histogram: about a microsecond for all hops of a job.
 */
public final class Hops {

  private final MeterRegistry meters;
  private final Map<Hop, Map<Lane, Timer>> hops = new EnumMap<>(Hop.class);
  private final Map<Lane, Timer> starts;
  private final Map<JobState, Map<Lane, Timer>> ends = new EnumMap<>(JobState.class);
  private final Map<String, Timer> calls = new ConcurrentHashMap<>();

  public Hops(MeterRegistry meters) {
    this.meters = meters;
    for (Hop hop : Hop.values()) {
      if (hop != Hop.INTAKE) {
        hops.put(hop, byLane(Metric.HOP, "hop", hop.wireName()));
      }
    }
    this.starts = byLane(Metric.JOBS_START);
    for (JobState state : JobState.values()) {
      if (state.isFinal()) {
        ends.put(state, byLane(Metric.JOBS_TIME, "state", state.wireName()));
      }
    }
  }

  /** These jobs were claimed. */
  public void claimed(List<Claimed> jobs) {
    for (Claimed job : jobs) {
      var waits = job.waits();
      record(Hop.QUEUED, job.lane(), waits.sinceDue().minus(waits.sinceReleased()));
      record(Hop.RELEASED, job.lane(), waits.sinceReleased());
    }
  }

  /** The limiter let a call start after that. */
  public void admitted(Claimed job, long nanos) {
    record(Hop.HELD, job.lane(), Duration.ofNanos(nanos));
  }

  /**
   * A call ended.
   *
   * @param sinceAdmitted from its admission to its beginning
   * @param sinceClaimed from the claim to its beginning
   */
  public void called(Claimed job, int no, Timings timings, long sinceAdmitted, long sinceClaimed) {
    callsOf(job.pool()).record(timings.ended());
    Duration sent = timings.sent();
    if (sent == null) {
      return;
    }
    record(Hop.SENDING, job.lane(), sent.plusNanos(sinceAdmitted));
    record(Hop.CALL, job.lane(), timings.ended().minus(sent));
    if (no == 1) {
      of(starts, job.lane()).record(job.waits().sinceDue().plusNanos(sinceClaimed).plus(sent));
    }
  }

  /** What a call came to is durable. */
  public void recorded(Claimed job, long nanos) {
    record(Hop.RECORDING, job.lane(), Duration.ofNanos(nanos));
  }

  /** The job has ended. */
  public void finished(Claimed job, JobState state, long sinceClaimed) {
    var waits = job.waits();
    // A retry moves the time at which a job is due: its whole time then counts from the start.
    var before = job.fence().claimNo() == 1 ? waits.sinceDue() : waits.sinceCreated();
    of(of(ends, state), job.lane()).record(before.plusNanos(sinceClaimed));
  }

  private void record(Hop hop, Lane lane, Duration time) {
    of(of(hops, hop), lane).record(Math.max(0, time.toNanos()), TimeUnit.NANOSECONDS);
  }

  private static <K, V> V of(Map<K, V> complete, K key) {
    return Objects.requireNonNull(complete.get(key));
  }

  private Timer callsOf(String pool) {
    return calls.computeIfAbsent(pool, name -> timer(Metric.CALLS_TIME, "pool", name));
  }

  private Map<Lane, Timer> byLane(Metric metric, String... tags) {
    Map<Lane, Timer> timers = new EnumMap<>(Lane.class);
    for (Lane lane : Lane.values()) {
      String[] all = Arrays.copyOf(tags, tags.length + 2);
      all[tags.length] = "lane";
      all[tags.length + 1] = lane.wireName();
      timers.put(lane, timer(metric, all));
    }
    return timers;
  }

  private Timer timer(Metric metric, String... tags) {
    return Timer.builder(metric.meter())
        .description(metric.description())
        .tags(tags)
        .serviceLevelObjectives(LatencyBuckets.bounds())
        .register(meters);
  }
}
