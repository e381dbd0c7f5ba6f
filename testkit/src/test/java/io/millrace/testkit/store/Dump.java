package io.millrace.testkit.store;

import io.millrace.db.sql.Database;
import java.nio.charset.StandardCharsets;

/** Everything that stands in the tables of a database, as text. */
final class Dump {

  private Dump() {}

  static String of(Database database) {
    var tables =
        database
            .dsl()
            .fetch(
                "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
            .getValues(0, String.class);
    var text = new StringBuilder();
    for (String table : tables) {
      database
          .dsl()
          .fetch("select * from \"" + table + "\"")
          .forEach(row -> {
            for (Object value : row.intoArray()) {
              text.append(value instanceof byte[] bytes ? text(bytes) : String.valueOf(value));
              text.append('\n');
            }
          });
    }
    return text.toString();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
