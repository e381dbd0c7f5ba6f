package io.millrace.db.limit;

import io.millrace.db.sql.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Pools of which nothing may start for a while, as all workers and the dispatcher see them. */
public final class Blocks {

  /** The reason of a block by a circuit breaker. */
  public static final String CIRCUIT_OPEN = "circuit_open";

  // Nobody may have drawn from the pool since PostgreSQL started: then the row begins as carefully
  // as a draw would begin it, with empty buckets.
  private static final String BLOCK =
      """
      insert into rate_pool as r (%s, blocked_until, blocked_by)
      values (%s, now() + ? * interval '1 millisecond', ?)
      on conflict (pool) do update set blocked_until = excluded.blocked_until, blocked_by = excluded.blocked_by
        where r.blocked_until is null or r.blocked_until < excluded.blocked_until
      """
          .formatted(RatePools.COLUMNS, RatePools.UNKNOWN);

  private static final String OPENED =
      """
      with mine as (
        insert into breaker_open as o (pool, worker_id, until)
        values (?, ?, now() + ? * interval '1 millisecond')
        on conflict (pool, worker_id) do update set until = greatest(o.until, excluded.until)),
      gone as (
        delete from breaker_open
        where pool = ? and worker_id <> ? and until < now() - interval '1 minute')
      select 2 * (1 + (
          select count(*) from breaker_open where pool = ? and worker_id <> ? and until > now()))
        > (select count(*) from worker where lost_at is null and not stopping)
      """;

  private static final String UNFIT =
      """
      select pool, bool_or(paused) from (
        select pool, true as paused from pool_pause where resumed_at is null
        union all
        select pool, false from rate_pool where blocked_by = ? and blocked_until > now()) unfit
      group by pool order by pool
      """;

  private final Database database;

  public Blocks(Database database) {
    this.database = database;
  }

  /**
   * A pool on which nothing starts though its limits would allow it.
   *
   * @param paused whether it is paused, by hand or by the platform; else its service fails
   */
  public record Unfit(String pool, boolean paused) {}

  /**
   * Lets nothing of the pool start for that long. Never shortens a block.
   *
   * @return whether the pool is blocked for longer than before
   */
  public boolean block(String pool, Duration time, String reason) {
    return database.single(connection -> {
      try (var upsert = connection.prepareStatement(BLOCK)) {
        upsert.setString(1, pool);
        upsert.setLong(2, time.toMillis());
        upsert.setString(3, reason);
        return upsert.executeUpdate() == 1;
      }
    });
  }

  /**
   * One worker gets no reply from the pool: blocked for that long if most workers find the same.
   *
   * @param worker whoever tells, always under the same id
   * @return whether the pool is blocked for longer than before
   */
  public boolean outOfReach(String pool, UUID worker, Duration time) {
    boolean most =
        database.single(connection -> {
          try (var upsert = connection.prepareStatement(OPENED)) {
            upsert.setString(1, pool);
            upsert.setObject(2, worker);
            upsert.setLong(3, time.toMillis());
            upsert.setString(4, pool);
            upsert.setObject(5, worker);
            upsert.setString(6, pool);
            upsert.setObject(7, worker);
            try (var row = upsert.executeQuery()) {
              return row.next() && row.getBoolean(1);
            }
          }
        });
    return most && block(pool, time, CIRCUIT_OPEN);
  }

  /** Pools that are paused or whose breaker is open. */
  public List<Unfit> unfit() {
    return database.single(connection -> {
      List<Unfit> unfit = new ArrayList<>();
      try (var select = connection.prepareStatement(UNFIT)) {
        select.setString(1, CIRCUIT_OPEN);
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            unfit.add(new Unfit(rows.getString(1), rows.getBoolean(2)));
          }
        }
      }
      return unfit;
    });
  }
}
