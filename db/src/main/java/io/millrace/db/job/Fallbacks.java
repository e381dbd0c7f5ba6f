package io.millrace.db.job;

import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Moves ready jobs to another of the models that their callers named. A job moves only while it is
 * queued and not released, under its lock; once moved it stays, until a replay.
 */
public final class Fallbacks {

  private static final String CANDIDATES =
      """
      select id, expires_at, fallback_models from job
      where state = 'queued' and parked_until is null and fallback_models is not null and pool = ?
        and (expires_at, id) > (?, ?) and expires_at < now() + ? * interval '1 millisecond'
      order by expires_at, id limit ?
      """;

  // How much waits is counted to a bound; what waits beyond it does not get earlier.
  private static final String SLOW =
      """
      select r.pool, r.starts, case when exists (
          select from job
          where state = 'queued' and parked_until is null and fallback_models is not null and job.pool = r.pool
          limit 1)
        then (
          select count(*) from (
            select from job where state = 'queued' and parked_until is null and job.pool = r.pool limit ?) ahead)
        else 0 end
      from rate_pool r
      where r.waits_for is not null and r.at > now() - interval '10 seconds'
      """;

  // The pauses of the pool that it leaves put its deadline off; later only those of the new one do.
  private static final String MOVE =
      """
      update job set expires_at = expires_at + %s,
        pauses_counted_to = case when %s then now() else pauses_counted_to end, pool = s.to_pool, model = s.to_model,
        fallback_models = nullif(job.fallback_models[s.used + 1:], '{}'),
        requested_model = coalesce(job.requested_model, job.model),
        requested_pool = coalesce(job.requested_pool, job.pool), fallback_reason = ?
      from (
        select n.* from unnest(?, ?, ?, ?) as n(id, to_model, to_pool, used)
        cross join lateral (
          select j.id from job j
          where j.id = n.id and j.state::text = 'queued' and j.parked_until is null and j.pool = ?
            and j.fallback_models is not null
          for update skip locked) hit) as s
      where job.id = s.id
      """
          .formatted(Pauses.OWED, Pauses.OWED_ANY);

  /** Up to here waiting jobs are counted. */
  public static final int COUNTED = 500;

  private static final UUID LOWEST = new UUID(0, 0);
  private static final Duration FOR_EVER = Duration.ofDays(100 * 365);

  private final Database database;

  public Fallbacks(Database database) {
    this.database = database;
  }

  /** Why a job went elsewhere. */
  public enum Reason {
    CIRCUIT_OPEN,
    PAUSED,
    DEADLINE;

    /** The name in JSON, SQL and metrics. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A ready job that may go elsewhere; models in its caller's order. */
  public record Candidate(JobId id, Instant expiresAt, List<String> models) {}

  /**
   * A pool in which jobs wait for the rate.
   *
   * @param starts jobs that it starts in a second
   * @param waiting ready jobs, up to {@link #COUNTED}; 0 where none of them names fallbacks
   */
  public record Slow(String pool, double starts, int waiting) {}

  /**
   * One job's way.
   *
   * @param used how many of its fallback models this uses up
   */
  public record Move(JobId id, String model, String pool, int used) {}

  /**
   * Ready jobs of the pool that name fallbacks, earliest deadline first.
   *
   * @param after where the last look ended; null to begin
   * @param within only jobs whose deadline is so near; null for all
   */
  public List<Candidate> candidates(
      String pool, @Nullable Candidate after, @Nullable Duration within, int limit) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(CANDIDATES)) {
        select.setString(1, pool);
        select.setObject(
            2, after == null ? OffsetDateTime.MIN : after.expiresAt().atOffset(ZoneOffset.UTC));
        select.setObject(3, after == null ? LOWEST : after.id().uuid());
        select.setLong(4, (within == null ? FOR_EVER : within).toMillis());
        select.setInt(5, limit);
        return candidates(select);
      }
    });
  }

  /** Pools in which jobs wait for the rate. */
  public List<Slow> slow() {
    return database.single(connection -> {
      List<Slow> slow = new ArrayList<>();
      try (var select = connection.prepareStatement(SLOW)) {
        select.setInt(1, COUNTED);
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            slow.add(new Slow(rows.getString(1), rows.getDouble(2), rows.getInt(3)));
          }
        }
      }
      return slow;
    });
  }

  /**
   * Moves those of the jobs that are still ready in the pool.
   *
   * @return how many
   */
  public int move(String from, List<Move> moves, Reason reason) {
    if (moves.isEmpty()) {
      return 0;
    }
    List<Move> ordered = moves.stream().sorted(Comparator.comparing(Move::id)).toList();
    return database.single(connection -> {
      try (var update = connection.prepareStatement(MOVE)) {
        new ArrayBinder<>(update, ordered)
            .scalar(reason.wireName())
            .ids(Move::id)
            .texts(Move::model)
            .texts(Move::pool)
            .integers(Move::used)
            .scalar(from);
        return update.executeUpdate();
      }
    });
  }

  private static List<Candidate> candidates(PreparedStatement select) throws SQLException {
    List<Candidate> candidates = new ArrayList<>();
    try (var rows = select.executeQuery()) {
      while (rows.next()) {
        candidates.add(
            new Candidate(
                Rows.id(rows, 1),
                rows.getObject(2, OffsetDateTime.class).toInstant(),
                Rows.texts(rows, 3)));
      }
    }
    return candidates;
  }
}
