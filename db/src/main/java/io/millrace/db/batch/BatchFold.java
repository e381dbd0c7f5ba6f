package io.millrace.db.batch;

import io.millrace.db.sql.Database;

/** Sums what came to batches, and ends those whose items have all ended. */
public final class BatchFold {

  private final Database database;

  public BatchFold(Database database) {
    this.database = database;
  }

  /** Sums up to {@code most} of what came since; returns how much that was. */
  public int fold(int most) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement("select fold_batches(?)")) {
        select.setInt(1, most);
        try (var row = select.executeQuery()) {
          row.next();
          return row.getInt(1);
        }
      }
    });
  }

  /** Whether any batch is not over. */
  public boolean isAnyOpen() {
    return database.single(connection -> {
      try (var select =
              connection.prepareStatement(
                  "select exists (select from batch where ended_at is null)");
          var row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    });
  }
}
