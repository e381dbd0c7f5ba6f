package io.millrace.telemetry;

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
      Kind.HISTOGRAM,
      Source.API,
      "requests by route; routes that do not exist are `other`",
      "method",
      "path",
      "status"),
  HTTP_REFUSED(
      "millrace.http.refused",
      Kind.COUNTER,
      Source.API,
      "requests answered 503, by what was the matter",
      "reason"),
  INTAKE_WAITING(
      "millrace.intake.waiting", Kind.GAUGE, Source.API, "submissions that wait for a transaction"),
  WAITERS(
      "millrace.waiters",
      Kind.GAUGE,
      Source.API,
      "jobs for whose end somebody waits with `?wait=`"),
  HOP(
      "millrace.hop",
      Kind.HISTOGRAM,
      Source.BOTH,
      "each stretch of a job's way, below; `intake` from the api, the rest from the workers",
      "hop",
      "lane"),
  JOBS_START(
      "millrace.jobs.start",
      Kind.HISTOGRAM,
      Source.WORKER,
      "from a job's commit, or its `run_at`, to the first byte of its first call",
      "lane"),
  JOBS_TIME(
      "millrace.jobs.time",
      Kind.HISTOGRAM,
      Source.WORKER,
      "from a job's commit, or its `run_at`, to its recorded end; of a job that was claimed more than"
          + " once, from its commit",
      "lane",
      "state"),
  JOBS_FINISHED(
      "millrace.jobs.finished",
      Kind.COUNTER,
      Source.WORKER,
      "jobs that this worker brought to a final state",
      "pool",
      "lane",
      "state"),
  JOBS_HELD("millrace.jobs.held", Kind.GAUGE, Source.WORKER, "jobs held now"),
  JOBS_SLOTS(
      "millrace.jobs.slots", Kind.GAUGE, Source.WORKER, "jobs that this worker may hold at once"),
  JOBS_RESCUED(
      "millrace.jobs.rescued", Kind.COUNTER, Source.WORKER, "jobs taken back from lost workers"),
  JOBS_ANNOUNCED(
      "millrace.jobs.announced",
      Kind.COUNTER,
      Source.WORKER,
      "what callers did to jobs that no worker held: canceled, or queued again by a replay",
      "state"),
  JOBS_EXPIRED(
      "millrace.jobs.expired", Kind.COUNTER, Source.WORKER, "queued jobs ended by their deadline"),
  QUEUE_DEPTH(
      "millrace.queue.depth",
      Kind.GAUGE,
      Source.DISPATCHER,
      "jobs that are due and wait for their turn: exact up to 10,000 in a pool and lane, beyond that"
          + " estimated from a sample of the table's pages, never less than 10,000",
      "pool",
      "lane"),
  QUEUE_AGE(
      "millrace.queue.age",
      Kind.SECONDS,
      Source.DISPATCHER,
      "how long the longest-waiting head of a tenant's queue has been due",
      "pool",
      "lane"),
  QUEUE_DELAYED(
      "millrace.queue.delayed",
      Kind.GAUGE,
      Source.DISPATCHER,
      "jobs that wait for their `run_at` or the end of a retry's delay; counted like the depth"),
  QUEUE_RELEASED(
      "millrace.queue.released",
      Kind.GAUGE,
      Source.DISPATCHER,
      "jobs released to Kafka and not claimed yet",
      "pool"),
  DISPATCH_ELECTED(
      "millrace.dispatch.elected",
      Kind.GAUGE,
      Source.WORKER,
      "1 in the process that dispatches; the sum over all must be 1"),
  DISPATCH_RELEASED(
      "millrace.dispatch.released", Kind.COUNTER, Source.WORKER, "jobs let go to Kafka"),
  DISPATCH_SWEPT(
      "millrace.dispatch.swept",
      Kind.COUNTER,
      Source.WORKER,
      "released jobs that nobody claimed in time; they are released again"),
  DISPATCH_UNSENT(
      "millrace.dispatch.unsent",
      Kind.COUNTER,
      Source.WORKER,
      "records that Kafka did not take; their jobs went back to the queue"),
  WORKERS("millrace.workers", Kind.GAUGE, Source.DISPATCHER, "workers by state", "state"),
  WORKERS_LOST(
      "millrace.workers.lost",
      Kind.COUNTER,
      Source.WORKER,
      "workers that this one declared lost after their lease"),
  INTAKE_RECORDS(
      "millrace.intake.records", Kind.COUNTER, Source.WORKER, "records polled from Kafka"),
  INTAKE_CLAIMED("millrace.intake.claimed", Kind.COUNTER, Source.WORKER, "jobs claimed of them"),
  INTAKE_UNREADABLE(
      "millrace.intake.unreadable",
      Kind.COUNTER,
      Source.WORKER,
      "records that are no invitation, moved to the dead-letter topic"),
  INTAKE_UNHEARD(
      "millrace.intake.unheard",
      Kind.COUNTER,
      Source.WORKER,
      "claims whose answer was lost on the way back; the worker asks for what it won"),
  LIMITER_WAITS(
      "millrace.limiter.waits",
      Kind.COUNTER,
      Source.WORKER,
      "times that a held job was told to wait for the rate",
      "pool"),
  LIMITER_GIVEN_BACK(
      "millrace.limiter.given-back",
      Kind.COUNTER,
      Source.WORKER,
      "jobs that went back to the queue because the rate would have kept them waiting",
      "pool"),
  LIMITER_ESTIMATE_ERROR(
      "millrace.limiter.estimate.error",
      Kind.SUMMARY,
      Source.WORKER,
      "tokens that calls took of the rate over those expected of them, `input` or `output`: 1 is right,"
          + " more was expected too little",
      "pool",
      "kind"),
  QUOTAS_DELAYED(
      "millrace.quotas.delayed",
      Kind.COUNTER,
      Source.WORKER,
      "times that a job was put off because its user had started as much as his quota lets him in a"
          + " minute"),
  CALLS_RUNNING("millrace.calls.running", Kind.GAUGE, Source.WORKER, "calls to Claude under way"),
  CALLS_TIME(
      "millrace.calls.time",
      Kind.HISTOGRAM,
      Source.WORKER,
      "calls to Claude, from the first look for a connection to the end of the answer",
      "pool"),
  CLAUDE_REACHABLE(
      "millrace.claude.reachable",
      Kind.GAUGE,
      Source.WORKER,
      "1 while Claude answers, 0 after calls that got no complete answer"),
  ATTEMPTS(
      "millrace.attempts",
      Kind.COUNTER,
      Source.WORKER,
      "calls, and calls presumed of lost workers; codes as in failure-codes.md, `none` for success",
      "pool",
      "outcome",
      "code"),
  TOKENS(
      "millrace.tokens",
      Kind.COUNTER,
      Source.WORKER,
      "tokens as Claude counted them; class `input`, `output`, `cache_read`, `cache_write_5m`,"
          + " `cache_write_1h`",
      "model",
      "class"),
  COST(
      "millrace.cost",
      Kind.DOLLARS,
      Source.WORKER,
      "cost, `charged` or `suspected`; an approximation for graphs, the truth is `GET /v1/usage`",
      "model",
      "kind"),
  COST_UNPRICED(
      "millrace.cost.unpriced",
      Kind.COUNTER,
      Source.WORKER,
      "answers whose price is not known, by what is not known of it; models that the catalogue does not"
          + " know are `other`: see prices.md",
      "model",
      "reason"),
  MODELS_RETIREMENT(
      "millrace.models.retirement.days",
      Kind.GAUGE,
      Source.WORKER,
      "days until the model's announced retirement; below zero once it is past",
      "model"),
  OUTCOMES_WAITING(
      "millrace.outcomes.waiting",
      Kind.GAUGE,
      Source.WORKER,
      "outcomes in memory that are not durable yet: grows while PostgreSQL is away"),
  OUTCOMES_FENCED_OUT(
      "millrace.outcomes.fenced-out",
      Kind.COUNTER,
      Source.WORKER,
      "answers that came after their job was given to others"),
  OUTCOMES_UNRECORDED(
      "millrace.outcomes.unrecorded",
      Kind.COUNTER,
      Source.WORKER,
      "outcomes that PostgreSQL refuses: a bug; the log names the job"),
  EXECUTIONS_BROKEN(
      "millrace.executions.broken",
      Kind.COUNTER,
      Source.WORKER,
      "errors of Millrace's own while a job was executed: a bug"),
  EVENTS_PUBLISHED(
      "millrace.events.published", Kind.COUNTER, Source.WORKER, "events and dead letters sent"),
  EVENTS_DROPPED(
      "millrace.events.dropped",
      Kind.COUNTER,
      Source.WORKER,
      "events and dead letters that Kafka did not take; PostgreSQL has the record"),
  LOOP_RUNS(
      "millrace.loop.runs",
      Kind.TIMER,
      Source.BOTH,
      "every loop's rounds; loops `dispatch`, `intake`, `heartbeat`, `rescue`, `expire`, `house`, `events`,"
          + " `topics`, `queue`, of the api `finished`, `event-feed` and others",
      "loop"),
  LOOP_FAILURES("millrace.loop.failures", Kind.COUNTER, Source.BOTH, "rounds that failed", "loop"),
  LOOP_AGE(
      "millrace.loop.age",
      Kind.SECONDS,
      Source.BOTH,
      "time since the loop's last round that worked; grows while it fails or hangs",
      "loop"),
  DATABASE_FAILURES(
      "millrace.database.failures",
      Kind.COUNTER,
      Source.BOTH,
      "statements and transactions that failed; kind `connection` (away, cut, full), `timeout` (lock or"
          + " statement), `conflict` (a lost race), `refused` (a bug)",
      "kind"),
  INTAKE_CLOSED(
      "millrace.intake.closed",
      Kind.GAUGE,
      Source.API,
      "1 while nothing is taken in because PostgreSQL's disk is full or nearly so"),
  RETENTION_DROPPED(
      "millrace.retention.dropped",
      Kind.COUNTER,
      Source.WORKER,
      "days' partitions dropped because they were kept for long enough",
      "table"),
  RETENTION_DELETED(
      "millrace.retention.deleted",
      Kind.COUNTER,
      Source.WORKER,
      "rows deleted because they were kept for long enough",
      "table"),
  PARTITIONS_MADE(
      "millrace.partitions.made", Kind.COUNTER, Source.WORKER, "partitions made ahead of time"),
  PARTITIONS_MISPLACED(
      "millrace.partitions.misplaced",
      Kind.GAUGE,
      Source.WORKER,
      "rows in the default partitions, counted up to 1,000; more than 0 means that no partition was made"
          + " in time");

  private final String meter;
  private final Kind kind;
  private final Source source;
  private final String description;
  private final String tags;

  Metric(String meter, Kind kind, Source source, String description, String... tags) {
    this.meter = meter;
    this.kind = kind;
    this.source = source;
    this.description = description;
    this.tags = String.join(",", tags);
  }

  /** What is measured, and so which series Prometheus has of it. */
  public enum Kind {
    COUNTER("_total"),
    DOLLARS("_usd_total"),
    GAUGE(""),
    SECONDS("_seconds"),
    SUMMARY(""),
    TIMER("_seconds"),
    HISTOGRAM("_seconds");

    private final String suffix;

    Kind(String suffix) {
      this.suffix = suffix;
    }
  }

  /** Who serves it. */
  public enum Source {
    API,
    WORKER,
    BOTH,
    /** The one worker that dispatches, so that a sum over all processes counts nothing twice. */
    DISPATCHER
  }

  /** The name that the code gives it. */
  public String meter() {
    return meter;
  }

  /** The name of its family at {@code /actuator/prometheus}. */
  public String series() {
    return meter.replace('.', '_').replace('-', '_') + kind.suffix;
  }

  public Kind kind() {
    return kind;
  }

  public Source source() {
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
