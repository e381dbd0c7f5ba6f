package io.millrace.db.batch;

import io.millrace.db.batch.ProviderBatch.Tries;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The row of a provider batch: how it is read, and how a step under a fence changes it. */
final class ProviderRows {

  static final String COLUMNS =
      """
      b.id, b.drive_no, b.state, b.anthropic_version, b.anthropic_beta, b.items, b.provider_id, b.proven, b.sent_at,
        (extract(epoch from now() - b.lost_at) * 1000)::bigint, b.refused, b.strangers,
        (extract(epoch from now() - b.not_found_since) * 1000)::bigint, b.cancel_requested_at is not null,
        b.sends, b.polls, b.reads
      """;

  private ProviderRows() {}

  /** Sets something, gives the lease up, and lets the next step be due after the pause. */
  static boolean step(
      Connection connection, ProviderBatch batch, Duration pause, String sets, List<?> values)
      throws SQLException {
    return step(connection, batch, pause, sets, "", values);
  }

  /** As before, where the guard allows it too. */
  static boolean step(
      Connection connection,
      ProviderBatch batch,
      Duration pause,
      String sets,
      String guard,
      List<?> values)
      throws SQLException {
    try (var update =
        connection.prepareStatement(
            "update provider_batch set "
                + sets
                + ", driver = null, due_at = now() + ? * interval '1 millisecond'"
                + " where id = ? and drive_no = ? and driver is not null"
                + guard)) {
      int index = 0;
      for (Object value : values) {
        update.setObject(++index, value);
      }
      update.setLong(++index, Math.max(0, pause.toMillis()));
      update.setObject(++index, batch.id());
      update.setInt(++index, batch.driveNo());
      return update.executeUpdate() == 1;
    }
  }

  static ProviderBatch batch(ResultSet rows) throws SQLException {
    var betas = rows.getArray(5);
    var sentAt = rows.getObject(9, OffsetDateTime.class);
    return new ProviderBatch(
        rows.getObject(1, UUID.class),
        rows.getInt(2),
        ProviderState.parse(Objects.requireNonNull(rows.getString(3))),
        Objects.requireNonNull(rows.getString(4)),
        betas == null ? List.of() : List.of((String[]) betas.getArray()),
        rows.getInt(6),
        rows.getString(7),
        rows.getBoolean(8),
        sentAt == null ? null : sentAt.toInstant(),
        millis(rows, 10),
        rows.getBoolean(11),
        List.of((String[]) rows.getArray(12).getArray()),
        millis(rows, 13),
        rows.getBoolean(14),
        new Tries(rows.getInt(15), rows.getInt(16), rows.getInt(17)));
  }

  private static @Nullable Duration millis(ResultSet rows, int column) throws SQLException {
    long millis = rows.getLong(column);
    return rows.wasNull() ? null : Duration.ofMillis(millis);
  }
}
