package io.millrace.db.seal;

import java.nio.charset.StandardCharsets;

/**
 * A column whose values are sealed. Its name is part of what a value is bound to: renaming one
 * makes everything unreadable that was sealed under the old name.
 */
public enum Place {
  PARAMS("request.params"),
  METADATA("request.metadata"),
  ANSWER("result.body"),
  ATTEMPT_MESSAGE("attempt.message"),
  DELIVERY_BODY("delivery.body"),
  DELIVERY_RESPONSE("delivery_attempt.response"),
  WEBHOOK_SECRET("webhook_secret.secret");

  private final String column;

  Place(String column) {
    this.column = column;
  }

  /** Table and column, with a dot between them. */
  public String column() {
    return column;
  }

  byte[] bytes() {
    return column.getBytes(StandardCharsets.US_ASCII);
  }
}
