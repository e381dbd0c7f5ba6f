package io.millrace.db.job;

import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.Lane;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Where ready jobs stand. Nothing here grows with the backlog: heads are looked up, and counting
 * ends at a bound.
 */
public final class QueuePlaces {

  /** Of more tenants than these, some are left out. */
  private static final int TENANTS = 100;

  private static final String READY = "state = 'queued' and parked_until is null";

  private static final String HEADS =
      """
      select line.pool, line.lane, line.tenant_id, (
          select id from job
          where %s and pool = line.pool and lane = line.lane::job_lane and tenant_id = line.tenant_id
          order by expires_at, id limit 1), (
          %s
          select count(*) from (select from sharing where tenant_id <> line.tenant_id limit 1) other) > 0
      from unnest(?, ?, ?) as line(pool, lane, tenant_id)
      """
          .formatted(READY, sharing("line"));

  // By the time that the job is next, each other tenant of its lane has had as many turns as its
  // own; the lanes above go first.
  private static final String AHEAD =
      """
      select place.jobs from (
        select ?::text as pool, ?::text as lane, ?::integer as tenant_id, ?::timestamptz as expires_at,
          ?::uuid as id, ?::integer as most) asked
      cross join lateral (
        %2$s,
        own as (
          select count(*) as jobs from (
            select from job
            where %1$s and pool = asked.pool and lane = asked.lane::job_lane
              and tenant_id = asked.tenant_id and (expires_at, id) < (asked.expires_at, asked.id)
            limit asked.most) bounded),
        others as (
          select count(*) as jobs from (
            select from sharing cross join lateral (
              select from job
              where %1$s and pool = asked.pool and lane = asked.lane::job_lane
                and job.tenant_id = sharing.tenant_id
              limit (select jobs + 1 from own)) turn
            where sharing.tenant_id <> asked.tenant_id
            limit asked.most) bounded),
        above as (
          select count(*) as jobs from (
            select from job where %1$s and pool = asked.pool and lane < asked.lane::job_lane
            limit asked.most) bounded)
        select own.jobs + others.jobs + above.jobs as jobs from own, others, above) place
      """
          .formatted(READY, sharing("asked"));

  private final Database database;

  public QueuePlaces(Database database) {
    this.database = database;
  }

  /** The jobs of a tenant that are ready in one lane of one pool. */
  public record Line(String pool, Lane lane, int tenantId) {}

  /**
   * How such a line stands.
   *
   * @param head the job that goes first; null where none is ready
   * @param shared whether other tenants, not paused, have ready jobs in the same pool and lane
   */
  public record Standing(@Nullable JobId head, boolean shared) {}

  /** How these lines stand. */
  public Map<Line, Standing> standing(Collection<Line> lines) {
    if (lines.isEmpty()) {
      return Map.of();
    }
    List<Line> asked = lines.stream().distinct().toList();
    return database.single(connection -> {
      Map<Line, Standing> standing = new HashMap<>();
      try (var select = connection.prepareStatement(HEADS)) {
        new ArrayBinder<>(select, asked)
            .texts(Line::pool)
            .texts(line -> line.lane().wireName())
            .integers(Line::tenantId);
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            var line =
                new Line(
                    rows.getString(1), Lane.parse(rows.getString(2)).orElseThrow(), rows.getInt(3));
            JobId head = rows.getObject(4) == null ? null : Rows.id(rows, 4);
            standing.put(line, new Standing(head, rows.getBoolean(5)));
          }
        }
      }
      return standing;
    });
  }

  /**
   * About how many ready jobs start before this one.
   *
   * @return empty where there are {@code most} or more
   */
  public OptionalLong ahead(Line line, JobView job, int most) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(AHEAD)) {
        select.setString(1, line.pool());
        select.setString(2, line.lane().wireName());
        select.setInt(3, line.tenantId());
        select.setObject(4, job.expiresAt().atOffset(ZoneOffset.UTC));
        select.setObject(5, job.id().uuid());
        select.setInt(6, most);
        try (var row = select.executeQuery()) {
          row.next();
          long ahead = row.getLong(1);
          return ahead < most ? OptionalLong.of(ahead) : OptionalLong.empty();
        }
      }
    });
  }

  /**
   * Opens a statement with {@code sharing}: the tenants that have ready jobs in the pool and lane
   * of {@code line} and are not paused, found by skipping through the index.
   */
  private static String sharing(String line) {
    return """
    with recursive sharer as (
      (select tenant_id from job where %1$s and pool = %2$s.pool and lane = %2$s.lane::job_lane
       order by tenant_id limit 1)
      union all
      select next.tenant_id from sharer, lateral (
        select tenant_id from job
        where %1$s and pool = %2$s.pool and lane = %2$s.lane::job_lane
          and tenant_id > sharer.tenant_id
        order by tenant_id limit 1) next),
    sharing as (
      select tenant_id from (select tenant_id from sharer limit %3$d) bounded
      where tenant_id <> all(%4$s))
    """
        .formatted(READY, line, TENANTS, Pauses.PAUSED_TENANTS);
  }
}
