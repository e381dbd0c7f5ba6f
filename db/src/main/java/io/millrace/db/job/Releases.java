package io.millrace.db.job;

import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.Lane;
import io.millrace.job.ReleasedJob;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The dispatcher's view of the queue: what is ready, in which order, and the mark on what was let
 * go. No statement here grows with the backlog: the queues are found by skipping through an index,
 * and each is read from its head only.
 */
public final class Releases {

  // Both kinds of parked job come back the same way: one waited out its delay, the other lost its
  // record.
  private static final String RIPEN =
      """
      with ripe as (
        select id from job
        where state = 'queued' and parked_until is not null and (released_at is not null) = ?
          and parked_until <= now()
        order by parked_until limit ?
        for update skip locked)
      update job set parked_until = null, released_at = null from ripe where job.id = ripe.id
      """;

  /** Names the queues that have a ready job {@code queue}, found by skipping through the index. */
  static final String WITH_QUEUES =
      """
      with recursive queue as (
        (select pool, lane, tenant_id from job where state = 'queued' and parked_until is null
         order by pool, lane, tenant_id limit 1)
        union all
        select next.pool, next.lane, next.tenant_id from queue, lateral (
          select pool, lane, tenant_id from job
          where state = 'queued' and parked_until is null
            and (pool, lane, tenant_id) > (queue.pool, queue.lane, queue.tenant_id)
          order by pool, lane, tenant_id limit 1) next)
      """;

  private static final String QUEUES =
      WITH_QUEUES
          + """
          select pool, lane::text, tenant_id from queue
          where tenant_id <> all(%s) and pool <> all(%s)
          limit ?
          """
              .formatted(Pauses.PAUSED_TENANTS, Pauses.CLOSED_POOLS);

  private static final String OUTSTANDING =
      """
      select pool, lane::text, count(*) from job
      where state = 'queued' and parked_until is not null and (released_at is not null) = true
      group by pool, lane
      """;

  private static final String RELEASE =
      """
      with chosen as (
        select head.id from unnest(?, ?, ?, ?) as pick(pool, lane, tenant_id, jobs)
        cross join lateral (
          select j.id from job j
          where j.state = 'queued' and j.parked_until is null
            and j.pool = pick.pool and j.lane = pick.lane::job_lane and j.tenant_id = pick.tenant_id
          order by j.expires_at, j.id limit pick.jobs
          for update skip locked) head)
      update job set released_at = now(), parked_until = now() + ? * interval '1 millisecond'%s
      from chosen where job.id = chosen.id
      returning job.id, job.claim_no, job.pool, job.lane::text, job.tenant_id, job.expires_at,
        job.estimated_input, job.max_output%s
      """;
  private static final String RELEASE_FREELY = RELEASE.formatted("", "");
  private static final String RELEASE_COUNTED =
      RELEASE.formatted(
          ", quota_mark = job.attempts + 1",
          ", job.user_id, coalesce(old.quota_mark > job.attempts, false), "
              + "case when old.quota_mark is null then 0 when old.quota_mark = -1 then 1 else 2 end");

  private static final String TAKE_BACK =
      """
      with unsent as (
        select hit.id from unnest(?) as n(id)
        cross join lateral (
          select j.id from job j
          where j.id = n.id and j.state = 'queued' and j.released_at is not null
          for update skip locked) hit)
      update job set parked_until = null, released_at = null from unsent where job.id = unsent.id
      """;

  private static final String TAKE_BACK_UNCOUNTED =
      """
      with back as (
        select hit.id, n.put_off from unnest(?, ?) as n(id, put_off)
        cross join lateral (
          select j.id from job j
          where j.id = n.id and j.state = 'queued' and j.released_at is not null
          for update skip locked) hit)
      update job set parked_until = null, released_at = null,
        quota_mark = nullif(-back.put_off, 0)
      from back where job.id = back.id
      """;

  private final Database database;

  public Releases(Database database) {
    this.database = database;
  }

  /** The ready jobs of one tenant in one lane of one pool. */
  public record Queue(String pool, Lane lane, int tenantId) {}

  /** Take up to {@code jobs} from the head of {@code queue}. */
  public record Pick(Queue queue, int jobs) {}

  /** A job that was let go: the record to produce, and what it is expected to take of its pool. */
  public record Released(ReleasedJob job, Queue queue, int estimatedInput, int maxOutput) {}

  /**
   * A job that quotas may hold back.
   *
   * @param counted whether it has been counted for its next call
   * @param timesPutOff by a quota: 0, 1 or, more often, 2; a job that was let go before counts as
   *     that, too
   */
  public record Counted(
      Released released,
      Instant expiresAt,
      @Nullable String userId,
      boolean counted,
      int timesPutOff) {}

  /**
   * Makes ready what waited out its delay, and again what was released but not claimed in time.
   *
   * @return how many came back of each kind
   */
  public Ripened ripen(int limit) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(RIPEN)) {
        update.setBoolean(1, false);
        update.setInt(2, limit);
        int due = update.executeUpdate();
        update.setBoolean(1, true);
        int unclaimed = update.executeUpdate();
        return new Ripened(due, unclaimed);
      }
    });
  }

  /** Jobs whose delay is over, and jobs whose release led to no claim in time. */
  public record Ripened(int due, int unclaimed) {}

  /**
   * Every queue that has a ready job and whose tenant and pool are not paused by hand, up to {@code
   * limit} queues; pool, then lane by priority. A pool that the platform paused is among them, for
   * its probes.
   */
  public List<Queue> queues(int limit) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(QUEUES)) {
        select.setInt(1, limit);
        List<Queue> queues = new ArrayList<>();
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            queues.add(
                new Queue(
                    rows.getString(1),
                    Lane.parse(rows.getString(2)).orElseThrow(),
                    rows.getInt(3)));
          }
        }
        return queues;
      }
    });
  }

  /** Jobs of one lane of a pool that were released and not yet claimed. */
  public record Outstanding(String pool, Lane lane, int jobs) {}

  /** Jobs released and not yet claimed. */
  public List<Outstanding> outstanding() {
    return database.single(connection -> {
      List<Outstanding> outstanding = new ArrayList<>();
      try (var select = connection.prepareStatement(OUTSTANDING);
          var rows = select.executeQuery()) {
        while (rows.next()) {
          outstanding.add(
              new Outstanding(
                  rows.getString(1), Lane.parse(rows.getString(2)).orElseThrow(), rows.getInt(3)));
        }
      }
      return outstanding;
    });
  }

  /**
   * Marks the heads of these queues as released and answers them, earliest deadline first within a
   * queue, queues in the order of the picks. The mark is committed when this returns; the caller
   * then produces the records. A job whose record is not claimed within {@code sweep} comes back by
   * {@link #ripen}.
   */
  public List<Released> release(List<Pick> picks, Duration sweep) {
    return release(RELEASE_FREELY, false, picks, sweep).stream().map(Counted::released).toList();
  }

  /**
   * As {@link #release}, and marks the jobs as counted for their next call: the caller counts those
   * that were not counted before, and brings back those that may not start.
   */
  public List<Counted> releaseCounted(List<Pick> picks, Duration sweep) {
    return release(RELEASE_COUNTED, true, picks, sweep);
  }

  private List<Counted> release(
      String statement, boolean counting, List<Pick> picks, Duration sweep) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(statement)) {
        new ArrayBinder<>(update, picks)
            .texts(pick -> pick.queue().pool())
            .texts(pick -> pick.queue().lane().wireName())
            .integers(pick -> pick.queue().tenantId())
            .integers(Pick::jobs)
            .scalar(sweep.toMillis());
        List<Counted> heads = new ArrayList<>();
        try (var rows = update.executeQuery()) {
          while (rows.next()) {
            heads.add(head(rows, counting));
          }
        }
        return inOrder(heads, picks);
      }
    });
  }

  /** Makes ready again what was released but whose record could not be produced. */
  public int takeBack(Collection<JobId> ids) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(TAKE_BACK)) {
        new ArrayBinder<>(update, ids.stream().distinct().sorted().toList()).ids(id -> id);
        return update.executeUpdate();
      }
    });
  }

  /** Makes ready again what was let go and may not start, as if it had not been counted. */
  public int takeBackUncounted(List<Counted> jobs) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(TAKE_BACK_UNCOUNTED)) {
        new ArrayBinder<>(
                update,
                jobs.stream()
                    .sorted(Comparator.comparing(job -> job.released().job().id()))
                    .toList())
            .ids(job -> job.released().job().id())
            .integers(Counted::timesPutOff);
        return update.executeUpdate();
      }
    });
  }

  private static Counted head(ResultSet rows, boolean counting) throws SQLException {
    JobId id = Rows.id(rows, 1);
    var queue =
        new Queue(rows.getString(3), Lane.parse(rows.getString(4)).orElseThrow(), rows.getInt(5));
    return new Counted(
        new Released(new ReleasedJob(id, rows.getInt(2)), queue, rows.getInt(7), rows.getInt(8)),
        rows.getObject(6, OffsetDateTime.class).toInstant(),
        counting ? rows.getString(9) : null,
        counting && rows.getBoolean(10),
        counting ? rows.getInt(11) : 0);
  }

  private static List<Counted> inOrder(List<Counted> heads, List<Pick> picks) {
    Map<Queue, Integer> position = new HashMap<>();
    picks.forEach(pick -> position.putIfAbsent(pick.queue(), position.size()));
    return heads.stream()
        .sorted(
            Comparator.<Counted>comparingInt(
                    head -> position.getOrDefault(head.released().queue(), Integer.MAX_VALUE))
                .thenComparing(Counted::expiresAt)
                .thenComparing(head -> head.released().job().id()))
        .toList();
  }
}
