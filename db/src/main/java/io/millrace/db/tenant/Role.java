package io.millrace.db.tenant;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a key may do. */
public enum Role {
  /** Uses the jobs of its own tenant. */
  TENANT,
  /** Does so too, and looks after the platform. */
  OPERATOR;

  /** The word for it in the store, on the command line and in JSON. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The role of that name. */
  public static Optional<Role> parse(String wireName) {
    return Arrays.stream(values()).filter(role -> role.wireName().equals(wireName)).findFirst();
  }
}
