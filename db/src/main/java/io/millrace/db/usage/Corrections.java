package io.millrace.db.usage;

import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Corrections of what was priced wrong or not at all. What is in the books is never changed: a
 * correction is a row of its own, numbered after those that were seen when it was worked out, so
 * that of two who correct the same call at once only one does.
 */
public final class Corrections {

  private static final UUID LOWEST = new UUID(0, 0);

  // The bound on the ids keeps later partitions out; a call is never before its job, give or take
  // the clocks.
  private static final String PAGE =
      """
      select a.job_id, a.no, a.model, a.started_at, a.usage::text, c.incurred_at, c.amount, c.unpriced, c.entry, c.version,
        a.provider_batch_id is not null
      from (
        select job_id, no, model, started_at, usage, provider_batch_id from attempt
        where job_id >= ? and (job_id, no) > (?, ?) and job_id < id_floor(? + interval '1 day')
        order by job_id, no limit ?) a
      cross join lateral (
        select min(incurred_at) as incurred_at, sum(amount) as amount, max(entry) as entry,
          coalesce(bool_or(kind = 'charged' and amount is null) and not bool_or(fills), false) as unpriced,
          (array_agg(price_version order by entry desc) filter (where price_version is not null))[1] as version
        from cost where cost.job_id = a.job_id and cost.attempt_no = a.no and cost.kind <> 'suspected') c
      order by a.job_id, a.no
      """;

  private static final String ADD =
      """
      insert into cost (job_id, attempt_no, entry, kind, tenant_id, lane, model, user_id, feature, incurred_at,
        input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches,
        amount, price_version, fills, batch_id)
      select c.job_id, c.attempt_no, n.entry, 'correction', c.tenant_id, c.lane, c.model, c.user_id, c.feature,
        c.incurred_at, 0, 0, 0, 0, 0, 0, n.amount, n.version, n.fills, c.batch_id
      from unnest(?, ?, ?, ?, ?, ?) as n(job_id, attempt_no, entry, amount, version, fills)
      join cost c on c.job_id = n.job_id and c.attempt_no = n.attempt_no and c.kind = 'charged'
      on conflict (job_id, attempt_no, entry) do nothing
      """;

  private final Database database;

  public Corrections(Database database) {
    this.database = database;
  }

  /**
   * Calls in the order of their jobs, from one position on.
   *
   * @param calls those of them that were charged
   * @param next where to go on; null at the end
   */
  public record Page(List<BookedCall> calls, int read, @Nullable Position next) {}

  /** A place in the order of all calls. */
  public record Position(UUID job, int attempt) {

    /** Before all others. */
    public static final Position START = new Position(LOWEST, 0);
  }

  /**
   * A charged call and what the books say of it.
   *
   * @param startedAt the moment whose prices hold
   * @param rawUsage what the provider said was used
   * @param incurredAt the moment under which it is in the books
   * @param amount the sum of all its rows; null where it has no price
   * @param lastEntry the number of the latest of them
   * @param priceVersion of the latest of them that has a price
   * @param inBatch whether it was made by provider batch
   */
  public record BookedCall(
      JobId job,
      int attempt,
      String model,
      Instant startedAt,
      String rawUsage,
      Instant incurredAt,
      @Nullable BigDecimal amount,
      int lastEntry,
      @Nullable String priceVersion,
      boolean inBatch) {}

  /**
   * What has to be added for a call.
   *
   * @param amount the difference to what is in the books; the whole price where there was none
   */
  public record Correction(BookedCall call, BigDecimal amount, String priceVersion) {}

  /**
   * Reads on.
   *
   * @param before only calls of jobs from before that time are of interest
   * @param limit how many calls to read at most
   */
  public Page page(Position after, Instant before, int limit) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(PAGE)) {
        select.setObject(1, after.job());
        select.setObject(2, after.job());
        select.setInt(3, after.attempt());
        select.setObject(4, before.atOffset(ZoneOffset.UTC));
        select.setInt(5, limit);
        try (var rows = select.executeQuery()) {
          List<BookedCall> calls = new ArrayList<>();
          int read = 0;
          Position last = after;
          while (rows.next()) {
            read++;
            last = new Position(rows.getObject(1, UUID.class), rows.getInt(2));
            if (rows.getString(5) != null && rows.getObject(6) != null) {
              calls.add(call(rows));
            }
          }
          return new Page(calls, read, read < limit ? null : last);
        }
      }
    });
  }

  /** Adds the corrections, except where somebody else has corrected the call since it was read. */
  public int add(List<Correction> corrections) {
    if (corrections.isEmpty()) {
      return 0;
    }
    return database.single(connection -> {
      try (var insert = connection.prepareStatement(ADD)) {
        new ArrayBinder<>(insert, corrections)
            .ids(c -> c.call().job())
            .integers(c -> c.call().attempt())
            .integers(c -> c.call().lastEntry() + 1)
            .numerics(Correction::amount)
            .texts(Correction::priceVersion)
            .booleans(c -> c.call().amount() == null);
        return insert.executeUpdate();
      }
    });
  }

  private static BookedCall call(ResultSet row) throws SQLException {
    return new BookedCall(
        new JobId(row.getObject(1, UUID.class)),
        row.getInt(2),
        row.getString(3),
        time(row, 4),
        row.getString(5),
        time(row, 6),
        row.getBoolean(8) ? null : row.getBigDecimal(7),
        row.getInt(9),
        row.getString(10),
        row.getBoolean(11));
  }

  private static Instant time(ResultSet row, int column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
