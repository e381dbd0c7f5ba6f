package io.millrace.testkit.store;

import io.millrace.db.job.Announcements;
import io.millrace.db.job.Claims;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.HeldJobs;
import io.millrace.db.job.HeldJobs.Held;
import io.millrace.db.job.QueuedJobs;
import io.millrace.db.job.Releases;
import io.millrace.db.job.Settlement;
import io.millrace.db.job.Settlement.Call;
import io.millrace.db.job.Settlement.Effect;
import io.millrace.db.job.Settlements;
import io.millrace.db.job.Settlements.Settled;
import io.millrace.db.job.Submissions;
import io.millrace.db.job.TenantJobs;
import io.millrace.db.job.TenantJobs.ReplayTerms;
import io.millrace.db.sql.Database;
import io.millrace.db.worker.Workers;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.ReleasedJob;
import io.millrace.testkit.JobFixture;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jooq.Record;

/**
 * The stores of one database, and short ways to bring a job through them to where a test starts.
 */
record Stores(
    Database database,
    Submissions submissions,
    Releases releases,
    Claims claims,
    Settlements settlements,
    QueuedJobs queued,
    TenantJobs owned,
    Announcements announcements,
    HeldJobs held,
    Workers workers) {

  static Stores on(Database database) {
    return new Stores(
        database,
        new Submissions(database),
        new Releases(database),
        new Claims(database),
        new Settlements(database),
        new QueuedJobs(database),
        new TenantJobs(database),
        new Announcements(database),
        new HeldJobs(database),
        new Workers(database));
  }

  /** A worker that has just entered. */
  UUID worker() {
    var id = UUID.randomUUID();
    workers.enter(id, "worker", 100);
    return id;
  }

  /** The job, submitted and held by a worker of its own, counted as sending. */
  Claimed claimed(JobFixture job) {
    return claim(worker(), job.submit(database));
  }

  /** Claims a job under whatever claim number it has now. */
  Claimed claim(UUID worker, JobId id) {
    return claims.claim(worker, List.of(invitation(id)), List.of()).getFirst();
  }

  ReleasedJob invitation(JobId id) {
    return new ReleasedJob(id, job(id).get("claim_no", Integer.class));
  }

  Settled settle(Claimed job, Call call, Effect effect) {
    return settlements.settle(List.of(new Settlement(job, call, effect))).getFirst();
  }

  /** What others see of a job that is held. */
  Held seenHeld(Claimed job) {
    return held.heldBy(job.fence().workerId(), 100).stream()
        .filter(held -> held.job().id().equals(job.id()))
        .findFirst()
        .orElseThrow();
  }

  JobState state(JobId id) {
    return JobState.valueOf(job(id).get("state", String.class).toUpperCase(Locale.ROOT));
  }

  Record job(JobId id) {
    return database.dsl().fetchSingle("select * from job where id = ?", id.uuid());
  }

  /** Rows of the job in a table whose column {@code job_id} names it. */
  List<Record> rows(String table, JobId id) {
    return List.copyOf(
        database.dsl().fetch("select * from " + table + " where job_id = ?", id.uuid()));
  }

  /** As its tenant cancels it. */
  void cancel(JobId id) {
    owned.cancel(1, List.of(id));
  }

  /** As its tenant replays it. */
  void replay(JobId id) {
    owned.replay(1, List.of(id), ReplayTerms.AS_BEFORE);
  }

  /** Moves a time of the job, which is the database's, by that much. */
  void shift(JobId id, String column, Duration by) {
    database
        .dsl()
        .execute(
            "update job set " + column + " = " + column + " + ? * interval '1 ms' where id = ?",
            by.toMillis(),
            id.uuid());
  }

  /** Makes the job's due time come. */
  void ripen(JobId id) {
    database
        .dsl()
        .execute(
            "update job set due_at = now() - interval '1 s', parked_until = now() - interval '1 s' where id = ?",
            id.uuid());
    releases.ripen(1_000);
  }
}
