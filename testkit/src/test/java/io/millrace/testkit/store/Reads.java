package io.millrace.testkit.store;

import io.millrace.db.sql.Database;

/** What has been read of the jobs so far, by a database of one connection. */
record Reads(long scans, long entries) {

  static Reads of(Database database) {
    database.dsl().execute("select pg_stat_force_next_flush()");
    var row =
        database
            .dsl()
            .fetchSingle(
                """
                select (select seq_scan from pg_stat_user_tables where relname = 'job'),
                  (select sum(idx_tup_read) from pg_stat_user_indexes where relname = 'job')
                """);
    return new Reads(row.get(0, Long.class), row.get(1, Long.class));
  }
}
