package io.millrace.claude.limit;

import io.millrace.claude.limit.Draw.Limit;
import io.millrace.claude.limit.Draw.Refused;
import io.millrace.claude.limit.Draw.Told;
import io.millrace.claude.limit.Ticket.Granted;
import io.millrace.db.limit.PoolRate;
import io.millrace.db.limit.RatePools.Opened;
import io.millrace.db.limit.WorkerShare;
import io.millrace.job.Lane;
import io.millrace.rate.Dimension;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An account and several workers in time that is only reckoned: the workers' real lines and draws
 * against a plain model of the provider's buckets, which knows nothing of theirs.
 */
final class Account {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;
  private static final long STEP = 2 * MILLI;
  private static final double SPEED = 250;
  private static final int BACKLOG = 40;

  private final PoolLimits limits;
  private final Random random;
  private final List<Worker> workers = new ArrayList<>();
  private final Bucket[] buckets = new Bucket[3];
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::at));
  private final Deque<Long> starts = new ArrayDeque<>();
  private PoolRate rate = PoolRate.unknown(SECOND / 1_000);
  private final Map<UUID, WorkerShare> shares = new HashMap<>();
  private @Nullable Function<Random, Job> endless;
  private double estimate = 1;
  private double foreignPerSecond;
  private long foreignInput;
  private double foreignOwed;
  private double foreignRequests;
  private double foreignTokens;
  private boolean silent;
  private @Nullable Dimension refuseNext;
  private long refuseSeconds;
  private long now = SECOND;
  private long measuredFrom;
  private int admitted;
  private int refused;
  private int underWay;
  private int mostUnderWay;

  private record Event(long at, Runnable action) {}

  /** A job, as the provider will count it. */
  static final class Job {
    private final int lane;
    private final long input;
    private final long output;
    private long letGo;
    private boolean started;

    Job(int lane, long input, long output) {
      this.lane = lane;
      this.input = input;
      this.output = output;
    }

    Job letGoBefore(long seconds) {
      letGo = seconds;
      return this;
    }

    boolean started() {
      return started;
    }
  }

  private static final class Worker {
    private final UUID id = UUID.randomUUID();
    private final PoolLine line;
    private final Map<Ticket, Job> waiting = new HashMap<>();
    private boolean dead;

    Worker(PoolLimits limits, long now) {
      line = new PoolLine("pool", limits, Duration.ofHours(1), now);
    }
  }

  /** One of the provider's buckets. */
  private static final class Bucket {
    private final double perSecond;
    private final double capacity;
    private double level;
    private double used;

    Bucket(@Nullable Long perMinute, double seconds, double least) {
      perSecond = perMinute == null ? Double.POSITIVE_INFINITY : perMinute / 60.0;
      capacity = Math.max(least, perSecond * seconds);
      level = capacity;
    }

    boolean isLimited() {
      return Double.isFinite(perSecond);
    }

    void refill(double seconds) {
      if (isLimited()) {
        level = Math.min(capacity, level + perSecond * seconds);
      }
    }

    boolean has(double cost) {
      return !isLimited() || level >= Math.min(cost, capacity) - 1e-6;
    }

    void take(double cost) {
      used += cost;
      if (isLimited()) {
        level -= cost;
      }
    }
  }

  Account(PoolLimits limits, int workers, long seed) {
    this(limits, workers, seed, 5);
  }

  /** An account whose bucket of requests holds no more than so many seconds, at least two. */
  Account(PoolLimits limits, int workers, long seed, double requestSeconds) {
    this.limits = limits;
    this.random = new Random(seed);
    buckets[0] = new Bucket(limits.requestsPerMinute(), requestSeconds, 2);
    buckets[1] = new Bucket(limits.inputTokensPerMinute(), 5, 1);
    buckets[2] = new Bucket(limits.outputTokensPerMinute(), 5, 1);
    for (int i = 0; i < workers; i++) {
      this.workers.add(new Worker(limits, now));
    }
  }

  /** Keeps jobs waiting at every worker. */
  void endless(Function<Random, Job> jobs) {
    endless = jobs;
  }

  /** What the workers expect of a job's input, as a share of what it takes. */
  void estimate(double factor) {
    estimate = factor;
  }

  /** Others use so much in a second. */
  void foreign(double requestsPerSecond, long input) {
    foreignPerSecond = requestsPerSecond;
    foreignInput = input;
  }

  /** No call is answered. */
  void silent() {
    silent = true;
  }

  void kill(int worker) {
    workers.get(worker).dead = true;
  }

  /** The next call is refused. */
  void refuse(Dimension dimension, long seconds) {
    refuseNext = dimension;
    refuseSeconds = seconds;
    while (refuseNext != null) {
      step();
    }
  }

  Job add(Job job) {
    enter(workers.get(random.nextInt(workers.size())), job);
    return job;
  }

  void run(double seconds) {
    long until = now + (long) (seconds * SECOND);
    while (now < until) {
      step();
    }
  }

  void measure() {
    measuredFrom = now;
    admitted = 0;
    refused = 0;
    foreignRequests = 0;
    foreignTokens = 0;
    for (Bucket bucket : buckets) {
      bucket.used = 0;
    }
  }

  int refused() {
    return refused;
  }

  double refusedShare() {
    return refused / (double) Math.max(1, admitted + refused);
  }

  int mostUnderWay() {
    return mostUnderWay;
  }

  int startsWithin(double seconds) {
    return (int) starts.stream().filter(at -> at > now - seconds * SECOND).count();
  }

  /** The share of the limit that binds most. */
  double used() {
    double most = 0;
    for (Bucket bucket : buckets) {
      if (bucket.isLimited()) {
        most = Math.max(most, bucket.used / (bucket.perSecond * seconds()));
      }
    }
    return most;
  }

  double usedOfWhatIsLeft() {
    double requests =
        (buckets[0].used - foreignRequests) / (buckets[0].perSecond * seconds() - foreignRequests);
    double input =
        (buckets[1].used - foreignTokens) / (buckets[1].perSecond * seconds() - foreignTokens);
    return Math.max(requests, input);
  }

  private double seconds() {
    return (now - measuredFrom) / (double) SECOND;
  }

  private void step() {
    now += STEP;
    for (Bucket bucket : buckets) {
      bucket.refill(STEP / (double) SECOND);
    }
    useAsOthers();
    while (!events.isEmpty() && events.peek().at() <= now) {
      events.remove().action().run();
    }
    for (Worker worker : workers) {
      if (!worker.dead) {
        work(worker);
      }
    }
    while (!starts.isEmpty() && starts.peekFirst() < now - 60 * SECOND) {
      starts.removeFirst();
    }
  }

  private void useAsOthers() {
    foreignOwed += foreignPerSecond * STEP / SECOND;
    while (foreignOwed >= 1) {
      foreignOwed--;
      buckets[0].take(1);
      buckets[1].take((double) foreignInput);
      foreignRequests++;
      foreignTokens += foreignInput;
    }
  }

  private void work(Worker worker) {
    var jobs = endless;
    while (jobs != null && worker.waiting.size() < BACKLOG) {
      enter(worker, jobs.apply(random));
    }
    if (worker.line.dueAt() <= now) {
      var prepared = worker.line.prepare(now);
      // A draw takes a moment, and now and then a long one.
      long latency = random.nextInt(100) == 0 ? 40 * MILLI : MILLI;
      var others =
          shares.values().stream()
              .filter(
                  share -> !share.worker().equals(worker.id) && share.at() > micros() - 5_000_000)
              .toList();
      var closed =
          Reckoning.of(new Opened(micros(), 0, rate, others, null), prepared.draw(), worker.id);
      rate = closed.rate();
      shares.put(worker.id, closed.share());
      worker.line.drawn(prepared, closed.answer(), now + latency);
      for (var ticket : List.copyOf(worker.waiting.keySet())) {
        if (ticket.answer() instanceof Granted(var permit)) {
          var job = worker.waiting.remove(ticket);
          at(Math.max(now, permit.startsAt()), () -> call(worker, permit, job));
        }
      }
    }
  }

  private void enter(Worker worker, Job job) {
    long expected = Math.max(1, (long) (job.input * estimate));
    var wanted =
        new Wanted(
            "pool",
            List.of(Lane.INTERACTIVE, Lane.STANDARD, Lane.BULK).get(job.lane),
            now - job.letGo * SECOND,
            expected,
            job.output,
            SPEED,
            0.1);
    worker.waiting.put(worker.line.ask(wanted, () -> {}, now, false), job);
  }

  private void call(Worker worker, Permit permit, Job job) {
    if (worker.dead) {
      return;
    }
    permit.begin(now);
    long arrives = now + (1 + random.nextInt(20)) * MILLI;
    at(arrives, () -> arrive(worker, permit, job));
  }

  private void arrive(Worker worker, Permit permit, Job job) {
    var by = refusedBy(job);
    if (by != null) {
      refused++;
      long wait = refuseSeconds > 0 ? refuseSeconds : 1;
      refuseSeconds = 0;
      at(
          now + 5 * MILLI,
          () -> {
            worker.line.settle(permit, 0, -permit.wanted().input(), 0);
            worker.line.refused(new Refused(by, false, wait * 1_000_000, 0), permit.begun(), now);
            worker.line.heard(told(), false, now);
          });
      return;
    }
    admitted++;
    job.started = true;
    starts.addLast(now);
    underWay++;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    buckets[0].take(1);
    buckets[1].take((double) job.input);
    produce(worker, permit, job, 0);
  }

  // In pieces of a tenth of a second, after the time to the first token.
  private void produce(Worker worker, Permit permit, Job job, double produced) {
    double piece = Math.min(SPEED / 10, job.output - produced);
    if (piece > 0) {
      at(
          now + 100 * MILLI,
          () -> {
            buckets[2].take(piece);
            produce(worker, permit, job, produced + piece);
          });
      return;
    }
    underWay--;
    if (!silent) {
      worker.line.settle(permit, 0, job.input - permit.wanted().input(), job.output);
      worker.line.heard(told(), permit.isBlockProbe(), now);
    } else {
      underWay++;
    }
  }

  private @Nullable Dimension refusedBy(Job job) {
    if (refuseNext != null) {
      var by = refuseNext;
      refuseNext = null;
      return by;
    }
    if (!buckets[0].has(1)) {
      return Dimension.REQUESTS;
    }
    if (!buckets[1].has((double) job.input)) {
      return Dimension.INPUT_TOKENS;
    }
    return buckets[2].has(1) ? null : Dimension.OUTPUT_TOKENS;
  }

  private Told told() {
    return new Told(
        List.of(
            limit(limits.requestsPerMinute(), buckets[0], 1),
            limit(limits.inputTokensPerMinute(), buckets[1], 1_000),
            limit(limits.outputTokensPerMinute(), buckets[2], 1_000)),
        0);
  }

  private static Limit limit(@Nullable Long perMinute, Bucket bucket, int rounding) {
    if (perMinute == null) {
      return new Limit(null, null);
    }
    double remaining = Math.max(0, bucket.level + perMinute - bucket.capacity);
    return new Limit(perMinute, Math.round(Math.floor(remaining) / rounding) * rounding);
  }

  private void at(long then, Runnable action) {
    events.add(new Event(then, action));
  }

  private long micros() {
    return now / 1_000;
  }
}
