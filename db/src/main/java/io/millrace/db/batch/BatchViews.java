package io.millrace.db.batch;

import io.millrace.db.batch.BatchView.Ended;
import io.millrace.db.sql.Database;
import io.millrace.job.BatchId;
import io.millrace.job.Lane;
import io.millrace.money.Usage;
import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads batches for those who submitted them. What has been summed and what has not yet been is
 * added up in one statement, so that counts and costs are those of one moment; no item is looked
 * at.
 */
public final class BatchViews {

  private static final String COLUMNS =
      """
      select b.id, b.tenant_id, b.backend, b.lane::text, b.feature, b.items, b.created_at, b.expires_at,
        b.cancel_initiated_at, b.ended_at, b.archived_at,
        b.succeeded + t.succeeded, b.errored + t.errored, b.canceled + t.canceled, b.expired + t.expired,
        batch_pace(b), b.input_tokens + t.input_tokens, b.output_tokens + t.output_tokens,
        b.cache_write_5m_tokens + t.cache_write_5m_tokens, b.cache_write_1h_tokens + t.cache_write_1h_tokens,
        b.cache_read_tokens + t.cache_read_tokens, b.web_searches + t.web_searches,
        b.amount + t.amount, b.unpriced_calls + t.unpriced_calls,
        b.suspected + t.suspected, b.unpriced_suspected_calls + t.unpriced_suspected_calls, now()
      from batch b
      cross join lateral (
        select coalesce(sum(succeeded), 0) as succeeded, coalesce(sum(errored), 0) as errored,
          coalesce(sum(canceled), 0) as canceled, coalesce(sum(expired), 0) as expired,
          coalesce(sum(input_tokens), 0) as input_tokens, coalesce(sum(output_tokens), 0) as output_tokens,
          coalesce(sum(cache_write_5m_tokens), 0) as cache_write_5m_tokens,
          coalesce(sum(cache_write_1h_tokens), 0) as cache_write_1h_tokens,
          coalesce(sum(cache_read_tokens), 0) as cache_read_tokens, coalesce(sum(web_searches), 0) as web_searches,
          coalesce(sum(amount), 0) as amount, coalesce(sum(unpriced_calls), 0) as unpriced_calls,
          coalesce(sum(suspected), 0) as suspected,
          coalesce(sum(unpriced_suspected_calls), 0) as unpriced_suspected_calls
        from batch_tally where batch_id = b.id and no > (select floor from batch_fold)) t
      """;

  private static final String ONE =
      COLUMNS + "where b.id = ? and b.tenant_id = ? and b.deleted_at is null";

  private static final String OLDER =
      COLUMNS
          + "where b.tenant_id = ? and b.deleted_at is null and b.id < ? order by b.id desc limit ?";

  private static final String NEWER =
      COLUMNS + "where b.tenant_id = ? and b.deleted_at is null and b.id > ? order by b.id limit ?";

  private static final UUID HIGHEST = new UUID(-1L, -1L);

  private final Database database;

  public BatchViews(Database database) {
    this.database = database;
  }

  /** The batch, if that tenant has it. */
  public Optional<BatchView> find(int tenantId, BatchId id) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(ONE)) {
        select.setObject(1, id.uuid());
        select.setInt(2, tenantId);
        return views(select).stream().findFirst();
      }
    });
  }

  /** The tenant's next batches that are older than that one, the newest first. */
  public List<BatchView> olderThan(int tenantId, @Nullable BatchId from, int limit) {
    return page(OLDER, tenantId, from == null ? HIGHEST : from.uuid(), limit);
  }

  /** The tenant's next batches that are newer than that one, the oldest first. */
  public List<BatchView> newerThan(int tenantId, BatchId from, int limit) {
    return page(NEWER, tenantId, from.uuid(), limit);
  }

  private List<BatchView> page(String text, int tenantId, UUID from, int limit) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(text)) {
        select.setInt(1, tenantId);
        select.setObject(2, from);
        select.setInt(3, limit);
        return views(select);
      }
    });
  }

  private static List<BatchView> views(PreparedStatement select) throws SQLException {
    List<BatchView> views = new ArrayList<>();
    try (var rows = select.executeQuery()) {
      while (rows.next()) {
        views.add(view(rows));
      }
    }
    return views;
  }

  private static BatchView view(ResultSet row) throws SQLException {
    return new BatchView(
        new BatchId(row.getObject(1, UUID.class)),
        row.getInt(2),
        Backend.parse(row.getString(3)).orElseThrow(),
        Lane.parse(row.getString(4)).orElseThrow(),
        row.getString(5),
        row.getInt(6),
        Objects.requireNonNull(time(row, 7)),
        Objects.requireNonNull(time(row, 8)),
        time(row, 9),
        time(row, 10),
        time(row, 11),
        new Ended(row.getInt(12), row.getInt(13), row.getInt(14), row.getInt(15)),
        row.getDouble(16),
        usage(row),
        priced(row, 23),
        priced(row, 25),
        Objects.requireNonNull(time(row, 27)));
  }

  private static Usage usage(ResultSet row) throws SQLException {
    return new Usage(
        row.getLong(17),
        row.getLong(18),
        row.getLong(19),
        row.getLong(20),
        row.getLong(21),
        0,
        row.getLong(22),
        null,
        null,
        null);
  }

  // The column behind a sum counts what of it has no price.
  private static @Nullable BigDecimal priced(ResultSet row, int column) throws SQLException {
    return row.getLong(column + 1) > 0 ? null : row.getBigDecimal(column);
  }

  private static @Nullable Instant time(ResultSet row, int column) throws SQLException {
    var time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }
}
