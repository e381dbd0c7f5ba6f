package io.millrace.db.sql;

/** What the schema needs done now and then; by anybody, at any time, also by several at once. */
public final class Housekeeping {

  private static final int DAYS_AHEAD = 3;

  private final Database database;

  public Housekeeping(Database database) {
    this.database = database;
  }

  /** Makes the partitions of the days to come; returns how many were missing. */
  public int makePartitions() {
    return database.single(connection -> {
      try (var select = connection.prepareStatement("select make_partitions(?)")) {
        select.setInt(1, DAYS_AHEAD);
        try (var row = select.executeQuery()) {
          row.next();
          return row.getInt(1);
        }
      }
    });
  }

  /** Rows that no partition of a day would take, counted up to {@code limit}. */
  public int misplacedRows(int limit) {
    return database.single(connection -> {
      try (var select =
          connection.prepareStatement(
              """
              select count(*) from (
                (select from request_other limit ?) union all (select from result_other limit ?)
                union all (select from attempt_other limit ?) union all (select from cost_other limit ?)
                union all (select from delivery_other limit ?) union all (select from delivery_attempt_other limit ?)
                limit ?) bounded
              """)) {
        for (int i = 1; i <= 7; i++) {
          select.setInt(i, limit);
        }
        try (var row = select.executeQuery()) {
          row.next();
          return row.getInt(1);
        }
      }
    });
  }

  /** Deletes up to {@code limit} idempotency keys that no longer stand. */
  public int forgetKeys(int limit) {
    return database.single(connection -> {
      try (var delete =
          connection.prepareStatement(
              """
              with old as (
                select tenant_id, path, key from idempotency_key
                where created_at < now() - interval '25 hours' order by created_at limit ?
                for update skip locked)
              delete from idempotency_key k using old
              where k.tenant_id = old.tenant_id and k.path = old.path and k.key = old.key
              """)) {
        delete.setInt(1, limit);
        return delete.executeUpdate();
      }
    });
  }
}
