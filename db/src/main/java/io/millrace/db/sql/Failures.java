package io.millrace.db.sql;

import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;

/** Reads what a failed statement says about the database, not about its data. */
public final class Failures {

  private Failures() {}

  /**
   * Whether the database could not be reached, is starting, stopping or out of room, or cut the
   * connection: the same statement may succeed later. Where a commit failed so, its fate is
   * unknown.
   */
  public static boolean isConnection(Throwable failure) {
    var sql = sqlException(failure);
    if (sql == null) {
      return false;
    }
    String state = sql.getSQLState();
    return sql instanceof SQLTransientConnectionException
        || state == null
        // 08 connection, 57P operator intervention, 53 out of resources, 58 system error.
        || state.startsWith("08")
        || state.startsWith("57P")
        || state.startsWith("53")
        || state.startsWith("58")
        // The server ended a transaction that its client had left alone.
        || state.equals("25P03")
        // A standby that is still called the database, as after a failover.
        || state.equals("25006");
  }

  /**
   * Whether a bound was hit, on a lock or on the statement: the database is slow or held up, and
   * nothing was stored.
   */
  public static boolean isTimeout(Throwable failure) {
    var sql = sqlException(failure);
    String state = sql == null ? null : sql.getSQLState();
    return state != null && (state.equals("55P03") || state.equals("57014"));
  }

  /** Whether the database has no disk space left; what the statement was to store is not stored. */
  public static boolean isDiskFull(Throwable failure) {
    var sql = sqlException(failure);
    return sql != null && "53100".equals(sql.getSQLState());
  }

  /** Whether the other side fell silent: an answer was waited for up to the socket's bound. */
  public static boolean isSilence(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SocketTimeoutException) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether the failed statement may succeed at once if repeated: a lost race (deadlock,
   * serialization) or a bound that was hit (lock, statement).
   */
  public static boolean isTransient(Throwable failure) {
    var sql = sqlException(failure);
    String state = sql == null ? null : sql.getSQLState();
    return isConnection(failure) || isTimeout(failure) || (state != null && state.startsWith("40"));
  }

  /** In one word what went wrong, for counting. */
  public static String kind(Throwable failure) {
    if (isConnection(failure)) {
      return "connection";
    }
    if (isTimeout(failure)) {
      return "timeout";
    }
    return isTransient(failure) ? "conflict" : "refused";
  }

  private static @Nullable SQLException sqlException(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return sql;
      }
    }
    return null;
  }
}
