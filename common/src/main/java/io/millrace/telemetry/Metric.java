package io.millrace.telemetry;

import static io.millrace.telemetry.MetricKind.COUNTER;
import static io.millrace.telemetry.MetricKind.DOLLARS;
import static io.millrace.telemetry.MetricKind.GAUGE;
import static io.millrace.telemetry.MetricKind.HISTOGRAM;
import static io.millrace.telemetry.MetricKind.SECONDS;
import static io.millrace.telemetry.MetricKind.SUMMARY;
import static io.millrace.telemetry.MetricKind.TIMER;
import static io.millrace.telemetry.MetricSource.API;
import static io.millrace.telemetry.MetricSource.BOTH;
import static io.millrace.telemetry.MetricSource.DISPATCHER;
import static io.millrace.telemetry.MetricSource.WORKER;

import java.util.List;

/**
 * Every metric of Millrace's own. The table in {@code docs/events.md} is written from this list,
 * and a test compares it with what {@code /actuator/prometheus} serves.
 *
 * <p>Tags have few values: pools and models past a bound become {@code other}; jobs, users and
 * tenants are never tags.
 */
public enum Metric {
  HTTP_REQUESTS(
      "millrace.http.requests",
      HISTOGRAM,
      API,
      "requests by route; routes that do not exist are `other`",
      "method",
      "path",
      "status"),
  HTTP_REFUSED(
      "millrace.http.refused",
      COUNTER,
      API,
      "requests answered 503, by what was the matter",
      "reason"),
  BULK_UPLOADS("millrace.bulk.uploads", GAUGE, API, "batches that are being read or stored"),
  BULK_BATCHES("millrace.bulk.batches", COUNTER, API, "batches accepted, by backend", "backend"),
  BULK_ITEMS(
      "millrace.bulk.items", COUNTER, API, "items of batches accepted, by backend", "backend"),
  BULK_DELETED("millrace.bulk.deleted", COUNTER, WORKER, "jobs deleted with their batches"),
  INTAKE_WAITING("millrace.intake.waiting", GAUGE, API, "submissions that wait for a transaction"),
  WAITERS("millrace.waiters", GAUGE, API, "jobs for whose end somebody waits with `?wait=`"),
  STREAMS(
      "millrace.streams", GAUGE, API, "open event streams, of a `job` or of a `tenant`", "kind"),
  STREAMS_EVENTS("millrace.streams.events", COUNTER, API, "events sent to streams"),
  STREAMS_CUT(
      "millrace.streams.cut",
      COUNTER,
      API,
      "streams ended before their subject: `slow_reader`, `shutdown`, `max_age`, `key_revoked`",
      "reason"),
  HOP(
      "millrace.hop",
      HISTOGRAM,
      BOTH,
      "each stretch of a job's way, below; `intake` from the api, the rest from the workers",
      "hop",
      "lane"),
  JOBS_START(
      "millrace.jobs.start",
      HISTOGRAM,
      WORKER,
      "from a job's commit, or its `run_at`, to the first byte of its first call",
      "lane"),
  JOBS_TIME(
      "millrace.jobs.time",
      HISTOGRAM,
      WORKER,
      "from a job's commit, or its `run_at`, to its recorded end; of a job that was claimed more than"
          + " once, from its commit",
      "lane",
      "state"),
  JOBS_FINISHED(
      "millrace.jobs.finished",
      COUNTER,
      WORKER,
      "jobs that this worker brought to a final state",
      "pool",
      "lane",
      "state"),
  JOBS_HELD("millrace.jobs.held", GAUGE, WORKER, "jobs held now"),
  JOBS_SLOTS("millrace.jobs.slots", GAUGE, WORKER, "jobs that this worker may hold at once"),
  JOBS_RESCUED("millrace.jobs.rescued", COUNTER, WORKER, "jobs taken back from lost workers"),
  JOBS_ANNOUNCED(
      "millrace.jobs.announced",
      COUNTER,
      WORKER,
      "what callers did to jobs that no worker held: canceled, or queued again by a replay",
      "state"),
  JOBS_EXPIRED("millrace.jobs.expired", COUNTER, WORKER, "queued jobs ended by their deadline"),
  JOBS_REROUTED(
      "millrace.jobs.rerouted",
      COUNTER,
      WORKER,
      "queued jobs moved to a fallback model, by the pool that they left and why: `circuit_open`, `paused`,"
          + " `deadline`",
      "pool",
      "reason"),
  QUEUE_DEPTH(
      "millrace.queue.depth",
      GAUGE,
      DISPATCHER,
      "jobs that are due and wait for their turn: exact up to 10,000 in a pool and lane, beyond that"
          + " estimated from a sample of the table's pages, never less than 10,000",
      "pool",
      "lane"),
  QUEUE_AGE(
      "millrace.queue.age",
      SECONDS,
      DISPATCHER,
      "how long the longest-waiting head of a tenant's queue has been due",
      "pool",
      "lane"),
  QUEUE_DELAYED(
      "millrace.queue.delayed",
      GAUGE,
      DISPATCHER,
      "jobs that wait for their `run_at` or the end of a retry's delay; counted like the depth"),
  QUEUE_RELEASED(
      "millrace.queue.released",
      GAUGE,
      DISPATCHER,
      "jobs released to Kafka and not claimed yet",
      "pool"),
  DISPATCH_ELECTED(
      "millrace.dispatch.elected",
      GAUGE,
      WORKER,
      "1 in the process that dispatches; the sum over all must be 1"),
  DISPATCH_RELEASED("millrace.dispatch.released", COUNTER, WORKER, "jobs let go to Kafka"),
  DISPATCH_SWEPT(
      "millrace.dispatch.swept",
      COUNTER,
      WORKER,
      "released jobs that nobody claimed in time; they are released again"),
  DISPATCH_UNSENT(
      "millrace.dispatch.unsent",
      COUNTER,
      WORKER,
      "records that Kafka did not take; their jobs went back to the queue"),
  WORKERS("millrace.workers", GAUGE, DISPATCHER, "workers by state", "state"),
  WORKERS_LOST(
      "millrace.workers.lost",
      COUNTER,
      WORKER,
      "workers that this one declared lost after their lease"),
  INTAKE_RECORDS("millrace.intake.records", COUNTER, WORKER, "records polled from Kafka"),
  INTAKE_CLAIMED("millrace.intake.claimed", COUNTER, WORKER, "jobs claimed of them"),
  INTAKE_UNREADABLE(
      "millrace.intake.unreadable",
      COUNTER,
      WORKER,
      "records that are no invitation, moved to the dead-letter topic"),
  INTAKE_UNHEARD(
      "millrace.intake.unheard",
      COUNTER,
      WORKER,
      "claims whose answer was lost on the way back; the worker asks for what it won"),
  LIMITER_WAITS(
      "millrace.limiter.waits",
      COUNTER,
      WORKER,
      "times that a held job was told to wait for the rate",
      "pool"),
  LIMITER_GIVEN_BACK(
      "millrace.limiter.given-back",
      COUNTER,
      WORKER,
      "jobs that went back to the queue because the rate would have kept them waiting",
      "pool"),
  BREAKER_STATE(
      "millrace.breaker.state",
      GAUGE,
      WORKER,
      "this worker's circuit breaker: 0 closed, 1 half open (a few calls try the service), 2 open",
      "pool"),
  LIMITER_DRAWS(
      "millrace.limiter.draw.time",
      HISTOGRAM,
      WORKER,
      "draws from the buckets that all workers share, with the wait for those of others"),
  LIMITER_REFUSED(
      "millrace.limiter.refused",
      COUNTER,
      WORKER,
      "calls that Claude answered 429, by the limit that it named",
      "pool",
      "dimension"),
  LIMITER_USED(
      "millrace.limiter.used",
      COUNTER,
      WORKER,
      "requests and tokens that ended calls took of their limits",
      "pool",
      "dimension"),
  LIMITER_LIMIT(
      "millrace.limiter.limit",
      GAUGE,
      WORKER,
      "the limit in force, per minute: the smaller of configuration and Claude's headers",
      "pool",
      "dimension"),
  LIMITER_DEFICIT(
      "millrace.limiter.deficit",
      GAUGE,
      WORKER,
      "what was used of a limit and is not refilled yet; calls wait while it is at the burst",
      "pool",
      "dimension"),
  LIMITER_BURST(
      "millrace.limiter.burst",
      GAUGE,
      WORKER,
      "how much of a limit is used at once, learnt",
      "pool",
      "dimension"),
  LIMITER_SHADOWED(
      "millrace.limiter.shadowed",
      COUNTER,
      WORKER,
      "calls that started only because the limiter is in shadow mode",
      "pool"),
  POOL_PAUSED(
      "millrace.pool.paused",
      GAUGE,
      DISPATCHER,
      "1 while the pool is paused: by hand (`manual`) or since Claude refuses the account (`platform`)",
      "pool",
      "kind"),
  POOL_WAITING(
      "millrace.pool.waiting",
      GAUGE,
      DISPATCHER,
      "jobs that wait at the workers for the rate",
      "pool",
      "lane"),
  LIMITER_ESTIMATE_ERROR(
      "millrace.limiter.estimate.error",
      SUMMARY,
      WORKER,
      "tokens that calls took of the rate over those expected of them, `input` or `output`: 1 is right,"
          + " more was expected too little",
      "pool",
      "kind"),
  QUOTAS_DELAYED(
      "millrace.quotas.delayed", COUNTER, WORKER, "times that its user's quota put a job off"),
  CALLS_RUNNING("millrace.calls.running", GAUGE, WORKER, "calls to Claude under way"),
  CALLS_TIME(
      "millrace.calls.time",
      HISTOGRAM,
      WORKER,
      "calls to Claude, from the first look for a connection to the end of the answer",
      "pool"),
  CLAUDE_REACHABLE(
      "millrace.claude.reachable",
      GAUGE,
      WORKER,
      "1 while Claude answers, 0 after calls that got no complete answer"),
  ATTEMPTS(
      "millrace.attempts",
      COUNTER,
      WORKER,
      "calls, and calls presumed of lost workers; codes as in failure-codes.md, `none` for success",
      "pool",
      "outcome",
      "code"),
  TOKENS(
      "millrace.tokens",
      COUNTER,
      WORKER,
      "tokens as Claude counted them; class `input`, `output`, `cache_read`, `cache_write_5m`,"
          + " `cache_write_1h`",
      "model",
      "class"),
  COST(
      "millrace.cost",
      DOLLARS,
      WORKER,
      "cost, `charged` or `suspected`; an approximation for graphs, the truth is `GET /v1/usage`",
      "model",
      "kind"),
  COST_UNPRICED(
      "millrace.cost.unpriced",
      COUNTER,
      WORKER,
      "answers whose price is not known, by what is not known of it; models that the catalogue does not"
          + " know are `other`: see prices.md",
      "model",
      "reason"),
  MODELS_RETIREMENT(
      "millrace.models.retirement.days",
      GAUGE,
      WORKER,
      "days until the model's announced retirement; below zero once it is past",
      "model"),
  OUTCOMES_WAITING(
      "millrace.outcomes.waiting",
      GAUGE,
      WORKER,
      "outcomes in memory that are not durable yet: grows while PostgreSQL is away"),
  OUTCOMES_FENCED_OUT(
      "millrace.outcomes.fenced-out",
      COUNTER,
      WORKER,
      "answers that came after their job was given to others"),
  OUTCOMES_UNRECORDED(
      "millrace.outcomes.unrecorded",
      COUNTER,
      WORKER,
      "outcomes that PostgreSQL refuses: a bug; the log names the job"),
  EXECUTIONS_BROKEN(
      "millrace.executions.broken",
      COUNTER,
      WORKER,
      "errors of Millrace's own while a job was executed: a bug"),
  EVENTS_PUBLISHED("millrace.events.published", COUNTER, WORKER, "events and dead letters sent"),
  EVENTS_DROPPED(
      "millrace.events.dropped",
      COUNTER,
      WORKER,
      "events and dead letters that Kafka did not take; PostgreSQL has the record"),
  WEBHOOKS(
      "millrace.webhooks",
      COUNTER,
      WORKER,
      "attempts for webhooks: `delivered`, `retry`, `failed`, `gone`, `dropped`, `given_back`, `unrecorded`",
      "outcome",
      "error"),
  WEBHOOKS_START(
      "millrace.webhooks.start",
      HISTOGRAM,
      WORKER,
      "from an event's commit to the beginning of its first attempt"),
  WEBHOOKS_PENDING(
      "millrace.webhooks.pending",
      GAUGE,
      DISPATCHER,
      "deliveries that wait for an attempt, also those of paused and disabled endpoints: exact up to"
          + " 10,000, estimated beyond"),
  WEBHOOKS_AGE(
      "millrace.webhooks.age",
      SECONDS,
      DISPATCHER,
      "how long the longest-waiting delivery has been due, of destinations that are neither paused nor"
          + " spared"),
  WEBHOOKS_DISABLED(
      "millrace.webhooks.disabled",
      GAUGE,
      DISPATCHER,
      "endpoints that are disabled, by why: `gone`, `failing`",
      "reason"),
  BATCHES_OPEN(
      "millrace.batches.open",
      GAUGE,
      WORKER,
      "provider batches by state: `gathered`, `sending`, `lost`, `processing`, `ended`, `given_up`; every worker says the"
          + " same",
      "state"),
  BATCHES_SENT(
      "millrace.batches.sent",
      COUNTER,
      WORKER,
      "creates of provider batches: `taken`, `unsent`, `put_off` (429, 5xx), `platform` (the account is refused),"
          + " `refused` (for good: halved), `lost` (no reply)",
      "outcome"),
  BATCHES_ITEMS(
      "millrace.batches.items",
      COUNTER,
      WORKER,
      "items that left a provider batch: `succeeded`, `errored`, `canceled`, `expired` as its results say; `refused`"
          + " with it; `too_slow`: they went on without it; `lost`, `missing`: these go again and may be paid twice; and"
          + " result lines that are `late`, `unknown` or `unreadable`",
      "result"),
  BATCHES_FAILURES(
      "millrace.batches.failures",
      COUNTER,
      WORKER,
      "steps with provider batches that came to nothing and are taken again: `list`, `retrieve`, `results`, or a state",
      "step",
      "code"),
  LOOP_RUNS(
      "millrace.loop.runs",
      TIMER,
      BOTH,
      "every loop's rounds; loops `dispatch`, `intake`, `heartbeat`, `rescue`, `expire`, `house`, `events`, `deliver`,"
          + " `topics`, `queue`, of the api `finished`, `event-feed` and others",
      "loop"),
  LOOP_FAILURES("millrace.loop.failures", COUNTER, BOTH, "rounds that failed", "loop"),
  LOOP_AGE(
      "millrace.loop.age",
      SECONDS,
      BOTH,
      "time since the loop's last round that worked; grows while it fails or hangs",
      "loop"),
  DATABASE_FAILURES(
      "millrace.database.failures",
      COUNTER,
      BOTH,
      "statements and transactions that failed; kind `connection` (away, cut, full), `timeout` (lock or"
          + " statement), `conflict` (a lost race), `refused` (a bug)",
      "kind"),
  INTAKE_CLOSED(
      "millrace.intake.closed",
      GAUGE,
      API,
      "1 while nothing is taken in because PostgreSQL's disk is full or nearly so"),
  RETENTION_DROPPED(
      "millrace.retention.dropped",
      COUNTER,
      WORKER,
      "days' partitions dropped because they were kept for long enough",
      "table"),
  RETENTION_DELETED(
      "millrace.retention.deleted",
      COUNTER,
      WORKER,
      "rows deleted because they were kept for long enough",
      "table"),
  JOBS_ERASED(
      "millrace.jobs.erased",
      COUNTER,
      WORKER,
      "jobs with `\"retention\": \"none\"` whose prompt and answer were erased, because they were `handed_over` or"
          + " `unfetched` for too long",
      "reason"),
  VALUES_UNREADABLE(
      "millrace.values.unreadable",
      COUNTER,
      BOTH,
      "encrypted values that could not be decrypted: `key_missing` or `damaged`",
      "reason"),
  PARTITIONS_MADE("millrace.partitions.made", COUNTER, WORKER, "partitions made ahead of time"),
  PARTITIONS_MISPLACED(
      "millrace.partitions.misplaced",
      GAUGE,
      WORKER,
      "rows in the default partitions, counted up to 1,000; more than 0 means that no partition was made"
          + " in time");

  private final String meter;
  private final MetricKind kind;
  private final MetricSource source;
  private final String description;
  private final String tags;

  Metric(String meter, MetricKind kind, MetricSource source, String description, String... tags) {
    this.meter = meter;
    this.kind = kind;
    this.source = source;
    this.description = description;
    this.tags = String.join(",", tags);
  }

  /** The name that the code gives it. */
  public String meter() {
    return meter;
  }

  /** The name of its family at {@code /actuator/prometheus}. */
  public String series() {
    return meter.replace('.', '_').replace('-', '_') + kind.suffix();
  }

  public MetricKind kind() {
    return kind;
  }

  public MetricSource source() {
    return source;
  }

  public String description() {
    return description;
  }

  /** Its tags' keys. */
  public List<String> tags() {
    return tags.isEmpty() ? List.of() : List.of(tags.split(",", -1));
  }
}
