package io.millrace.db.sql;

import io.millrace.job.JobId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Binds the columns of a list of values as PostgreSQL arrays, one parameter per column, in the
 * order of the calls: a set-based statement with {@code unnest} takes any number of rows under one
 * prepared text. jOOQ would send the same arrays as text literals, which doubles every {@code
 * bytea}.
 */
public final class ArrayBinder<T> {

  private final Connection connection;
  private final PreparedStatement statement;
  private final List<T> rows;
  private int index;

  /** Binds the columns of {@code rows} to the parameters of {@code statement}, from the first. */
  public ArrayBinder(PreparedStatement statement, List<T> rows) throws SQLException {
    this.connection = statement.getConnection();
    this.statement = statement;
    this.rows = rows;
  }

  public ArrayBinder<T> ids(Function<T, JobId> column) throws SQLException {
    return array("uuid", column.andThen(JobId::uuid));
  }

  public ArrayBinder<T> uuids(Function<T, ?> column) throws SQLException {
    return array("uuid", column);
  }

  public ArrayBinder<T> texts(Function<T, @Nullable String> column) throws SQLException {
    String[] values = new String[rows.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = column.apply(rows.get(i));
    }
    return bind("text", values);
  }

  public ArrayBinder<T> integers(Function<T, @Nullable Integer> column) throws SQLException {
    return array("int4", column);
  }

  public ArrayBinder<T> longs(Function<T, @Nullable Long> column) throws SQLException {
    return array("int8", column);
  }

  public ArrayBinder<T> booleans(Function<T, @Nullable Boolean> column) throws SQLException {
    return array("bool", column);
  }

  /** Exact decimals, as text. */
  public ArrayBinder<T> numerics(Function<T, ?> column) throws SQLException {
    return array("numeric", column);
  }

  /** Times as microseconds since the epoch, which {@code to_time(bigint)} turns back. */
  public ArrayBinder<T> times(Function<T, @Nullable Instant> column) throws SQLException {
    return array("int8", row -> micros(column.apply(row)));
  }

  public ArrayBinder<T> bytes(Function<T, byte @Nullable []> column) throws SQLException {
    byte[][] values = new byte[rows.size()][];
    for (int i = 0; i < values.length; i++) {
      values[i] = column.apply(rows.get(i));
    }
    return bind("bytea", values);
  }

  /** One value for all rows. */
  public ArrayBinder<T> scalar(@Nullable Object value) throws SQLException {
    statement.setObject(++index, value);
    return this;
  }

  /** One number for all rows, or null where there is none. */
  public ArrayBinder<T> integer(@Nullable Integer value) throws SQLException {
    statement.setObject(++index, value, Types.INTEGER);
    return this;
  }

  private ArrayBinder<T> array(String type, Function<T, ?> column) throws SQLException {
    Object[] values = new Object[rows.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = column.apply(rows.get(i));
    }
    return bind(type, values);
  }

  private ArrayBinder<T> bind(String type, Object[] values) throws SQLException {
    statement.setArray(++index, connection.createArrayOf(type, values));
    return this;
  }

  private static @Nullable Long micros(@Nullable Instant time) {
    return time == null ? null : time.getEpochSecond() * 1_000_000L + time.getNano() / 1_000L;
  }
}
