package io.millrace.api.live;

import io.millrace.api.wake.EventListener;
import io.millrace.db.job.JobChange;
import io.millrace.db.job.JobChange.End;
import io.millrace.db.job.JobChanges;
import io.millrace.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * Tells all open streams of this process what happens. One thread asks the store for all of them:
 * at once for jobs that the events topic names, and once a second for what the topic may have kept
 * to itself, which is one question for all tenants and one for all jobs that are watched.
 *
 * <p>The time of an end is a little older than the moment from which it can be seen. So each look
 * at a tenant's ends goes back {@link #CLOSE} behind the one before, and every tenth {@link #FAR};
 * what was told already is known.
 */
final class LiveStreams implements EventListener {

  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration CLOSE = Duration.ofSeconds(3);
  private static final int FAR_LOOK = 10;
  private static final Duration FAR = History.LATE.plus(LOOK.multipliedBy(FAR_LOOK));
  private static final int FORGET_LOOK = 60;
  private static final int HINTS = 50_000;
  private static final int PORTION = 1_000;
  private static final int PAGE = 5_000;

  /** What waking a stream and sending to it costs, kept below about half of a processor. */
  private static final long NANOS_PER_STREAM = 20_000;

  private static final long LONGEST_PAUSE = Duration.ofMillis(200).toNanos();

  private final JobChanges changes;
  private final int buffer;
  private final Runnable wake;
  private final ConcurrentMap<Integer, FollowedTenant> tenants = new ConcurrentHashMap<>();
  private final ConcurrentMap<JobId, WatchedJob> jobs = new ConcurrentHashMap<>();
  private final BlockingQueue<Hint> hints = new ArrayBlockingQueue<>(HINTS);
  private volatile boolean closed;
  private long nextLook = System.nanoTime();
  private int looks;

  private record Hint(JobId id, boolean requeued) {}

  /** {@code wake} makes the thread that calls {@link #once} do so soon. */
  LiveStreams(JobChanges changes, int buffer, Runnable wake) {
    this.changes = changes;
    this.buffer = buffer;
    this.wake = wake;
  }

  /** Opens a stream of that job: register first, read the job then, so that nothing is missed. */
  LiveStream watch(JobId id) {
    var stream = new LiveStream(event -> true, buffer);
    jobs.compute(
        id,
        (same, known) -> {
          var job = known == null ? new WatchedJob(same) : known;
          job.streams.add(stream);
          return job;
        });
    admit(stream);
    return stream;
  }

  void leave(JobId id, LiveStream stream) {
    jobs.computeIfPresent(
        id,
        (same, job) -> {
          job.streams.remove(stream);
          return job.streams.isEmpty() ? null : job;
        });
  }

  /** Opens a stream of that tenant's events; it is complete once the tenant is ready. */
  Following follow(int tenantId, Predicate<LiveEvent> wanted) {
    var stream = new LiveStream(wanted, buffer);
    var tenant =
        tenants.compute(
            tenantId,
            (same, known) -> {
              var followed = known == null ? new FollowedTenant() : known;
              followed.streams.add(stream);
              return followed;
            });
    admit(stream);
    return new Following(tenant, stream);
  }

  /** A stream, and the tenant that it follows. */
  record Following(FollowedTenant tenant, LiveStream stream) {}

  void leave(int tenantId, LiveStream stream) {
    tenants.computeIfPresent(
        tenantId,
        (same, tenant) -> {
          tenant.streams.remove(stream);
          return tenant.streams.isEmpty() ? null : tenant;
        });
  }

  private void admit(LiveStream stream) {
    if (closed) {
      stream.end(LiveStream.Ending.SHUTDOWN);
    }
    wake.run();
  }

  /** Ends all streams, now and from now on: the service stops. */
  void close() {
    closed = true;
    tenants.values().forEach(tenant -> tenant.streams.forEach(LiveStreams::shutDown));
    jobs.values().forEach(job -> job.streams.forEach(LiveStreams::shutDown));
  }

  private static void shutDown(LiveStream stream) {
    stream.end(LiveStream.Ending.SHUTDOWN);
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public boolean cares() {
    return !tenants.isEmpty() || !jobs.isEmpty();
  }

  @Override
  public void heard(JobId id, int tenantId, String type) {
    // What finds no room is found by the next look.
    if ((jobs.containsKey(id) || tenants.containsKey(tenantId))
        && hints.offer(new Hint(id, type.equals("job.queued")))) {
      wake.run();
    }
  }

  /** Tells what there is to tell; a loop's body. */
  Duration once() {
    if (!cares()) {
      hints.clear();
      return LOOK;
    }
    begin();
    int told = hear();
    if (System.nanoTime() - nextLook >= 0) {
      nextLook = System.nanoTime() + LOOK.toNanos();
      told += lookAtTenants() + lookAtJobs();
    }
    rest(told);
    return hints.isEmpty()
        ? Duration.ofNanos(Math.max(1, nextLook - System.nanoTime()))
        : Duration.ZERO;
  }

  /** Where a thousand streams get each event, more events at a time go out less often. */
  private static void rest(int told) {
    if (told > 0) {
      LockSupport.parkNanos(Math.min(told * NANOS_PER_STREAM, LONGEST_PAUSE));
    }
  }

  /** What has ended before somebody listened is no news. */
  private void begin() {
    Map<Integer, FollowedTenant> fresh = new HashMap<>(tenants);
    fresh.values().removeIf(tenant -> tenant.ready.isDone());
    if (fresh.isEmpty()) {
      return;
    }
    var now = changes.now();
    Map<Integer, End> places = new HashMap<>();
    fresh.keySet().forEach(id -> places.put(id, before(now, FAR)));
    ends(places)
        .forEach((id, ends) -> {
          var tenant = fresh.get(id);
          if (tenant != null) {
            ends.forEach(tenant::isNews);
          }
        });
    fresh
        .values()
        .forEach(tenant -> {
          tenant.seenTo(now);
          tenant.ready.complete(null);
        });
  }

  private int hear() {
    List<Hint> heard = new ArrayList<>();
    hints.drainTo(heard, PORTION);
    if (heard.isEmpty()) {
      return 0;
    }
    Set<JobId> ids = new HashSet<>();
    Set<JobId> requeued = new HashSet<>();
    for (Hint hint : heard) {
      ids.add(hint.id());
      if (hint.requeued()) {
        requeued.add(hint.id());
      }
    }
    return tell(changes.of(ids), requeued);
  }

  private int tell(List<JobChange> changed, Set<JobId> requeued) {
    int told = 0;
    Map<Integer, List<LiveEvent>> ofTenants = new HashMap<>();
    // All are written before the first is noted as told.
    for (LiveEvent event : changed.stream().map(LiveEvent::of).toList()) {
      var job = event.job();
      var watched = jobs.get(job.id());
      var tenant = tenants.get(job.tenantId());
      if (watched != null) {
        told += watched.tell(job, event);
      }
      if (tenant == null || !tenant.ready.isDone()) {
        continue;
      }
      List<LiveEvent> news = ofTenants.computeIfAbsent(job.tenantId(), id -> new ArrayList<>());
      if (requeued.contains(job.id())) {
        news.add(LiveEvent.requeued(job));
      }
      if (event.isFinal() && tenant.isNews(LiveEvent.end(job))) {
        news.add(event);
      }
    }
    for (var news : ofTenants.entrySet()) {
      var tenant = tenants.get(news.getKey());
      told += tenant == null || news.getValue().isEmpty() ? 0 : tenant.tell(news.getValue());
    }
    return told;
  }

  private int lookAtTenants() {
    Map<Integer, FollowedTenant> all = new HashMap<>(tenants);
    all.values().removeIf(tenant -> !tenant.ready.isDone());
    if (all.isEmpty()) {
      return 0;
    }
    boolean far = looks % FAR_LOOK == 0;
    boolean forget = ++looks % FORGET_LOOK == 0;
    var now = changes.now();
    Map<Integer, End> places = new HashMap<>();
    all.forEach((id, tenant) -> places.put(id, before(tenant.seenTo(), far ? FAR : CLOSE)));
    List<End> missed = new ArrayList<>();
    ends(places)
        .forEach((id, ends) -> {
          var tenant = all.get(id);
          ends.stream().filter(end -> tenant != null && !tenant.knows(end)).forEach(missed::add);
        });
    int told = 0;
    for (int from = 0; from < missed.size(); from += PORTION) {
      var part = missed.subList(from, Math.min(from + PORTION, missed.size()));
      told += tell(changes.of(part.stream().map(End::id).toList()), Set.of());
    }
    for (FollowedTenant tenant : all.values()) {
      tenant.seenTo(now);
      if (forget) {
        tenant.forget();
      }
    }
    return told;
  }

  private int lookAtJobs() {
    var known = jobs.values().stream().map(WatchedJob::known).toList();
    return tell(changes.otherThan(known), Set.of());
  }

  /** Of each tenant all ends behind that place. */
  private Map<Integer, List<End>> ends(Map<Integer, End> places) {
    Map<Integer, List<End>> all = new HashMap<>();
    Map<Integer, End> open = places;
    while (!open.isEmpty()) {
      Map<Integer, End> next = new HashMap<>();
      changes
          .endsAfter(open, PAGE)
          .forEach((id, ends) -> {
            all.computeIfAbsent(id, same -> new ArrayList<>()).addAll(ends);
            if (ends.size() == PAGE) {
              next.put(id, ends.getLast());
            }
          });
      open = next;
    }
    return all;
  }

  private static End before(Instant moment, Duration back) {
    return JobChanges.before(moment.minus(back));
  }

  int jobs() {
    return jobs.values().stream().mapToInt(job -> job.streams.size()).sum();
  }

  int tenants() {
    return tenants.values().stream().mapToInt(tenant -> tenant.streams.size()).sum();
  }
}
