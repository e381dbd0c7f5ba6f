package io.millrace.db.job;

import io.millrace.job.JobId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads columns as the domain's values. */
final class Rows {

  private Rows() {}

  static JobId id(ResultSet rows, int column) throws SQLException {
    return new JobId(rows.getObject(column, UUID.class));
  }

  static @Nullable Instant time(ResultSet rows, int column) throws SQLException {
    var time = rows.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  static List<String> texts(ResultSet rows, int column) throws SQLException {
    var array = rows.getArray(column);
    return array == null ? List.of() : List.of((String[]) array.getArray());
  }
}
