package io.millrace.db.sql;

import io.millrace.db.seal.UnusableKeys;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which encryption key goes by which id, as this database has seen it first: a key that took
 * another's id would leave what that one sealed unreadable, and nobody would know why.
 */
final class KnownKeys {

  private static final Logger log = LoggerFactory.getLogger(KnownKeys.class);

  private static final String REMEMBER =
      "insert into seal_key (id, fingerprint) values (?, ?) on conflict (id) do nothing";
  private static final String RECALL = "select fingerprint from seal_key where id = ?";

  private KnownKeys() {}

  static void check(Database database) {
    Map<String, byte[]> fingerprints = database.sealer().fingerprints();
    database.transaction(connection -> {
      for (var key : fingerprints.entrySet()) {
        check(connection, key.getKey(), key.getValue());
      }
      return true;
    });
    String current = database.sealer().current();
    if (current == null) {
      log.info("There are encryption keys, and what is new is stored plain");
    } else {
      log.info("Prompts and answers are encrypted with the key '{}'", current);
    }
  }

  private static void check(Connection connection, String id, byte[] fingerprint)
      throws SQLException {
    try (var insert = connection.prepareStatement(REMEMBER)) {
      insert.setString(1, id);
      insert.setBytes(2, fingerprint);
      if (insert.executeUpdate() == 1) {
        return;
      }
    }
    try (var select = connection.prepareStatement(RECALL)) {
      select.setString(1, id);
      try (var row = select.executeQuery()) {
        if (row.next() && !MessageDigest.isEqual(row.getBytes(1), fingerprint)) {
          throw new UnusableKeys(
              "millrace.encryption.keys: '%s' is not the key that this database knows by that id; give a new key a new id"
                  .formatted(id));
        }
      }
    }
  }
}
