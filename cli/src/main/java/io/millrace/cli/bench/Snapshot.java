package io.millrace.cli.bench;

import io.millrace.db.sql.Database;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/**
 * A transaction that sees the database as it was when it began, as a long report or a backup does:
 * while it is open, no row that has been replaced since can be cleared away.
 */
final class Snapshot implements AutoCloseable {

  private final Connection connection;

  private Snapshot(Connection connection) {
    this.connection = connection;
  }

  static Snapshot hold(Database.Address address) throws IOException {
    try {
      var connection =
          DriverManager.getConnection(address.url(), address.username(), address.password());
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setAutoCommit(false);
      var snapshot = new Snapshot(connection);
      snapshot.look();
      return snapshot;
    } catch (SQLException failure) {
      throw new IOException("no snapshot could be held", failure);
    }
  }

  /** Fails if the snapshot was lost on the way. */
  void look() throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery("select 1 from job limit 1")) {
      row.next();
    }
  }

  @Override
  public void close() throws IOException {
    try {
      look();
      connection.close();
    } catch (SQLException lost) {
      throw new IOException("the snapshot was lost while it was needed", lost);
    }
  }
}
