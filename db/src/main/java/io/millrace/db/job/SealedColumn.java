package io.millrace.db.job;

import io.millrace.db.seal.Place;

/**
 * Where sealed values stand, and how a row of them is named: to walk through the table, and in what
 * a value is bound to.
 */
enum SealedColumn {
  PARAMS(Place.PARAMS, "request", "params", Form.BYTES, "job_id", "0"),
  METADATA(Place.METADATA, "request", "metadata", Form.JSON, "job_id", "0"),
  ANSWER(Place.ANSWER, "result", "body", Form.BYTES, "job_id", "series::integer"),
  ATTEMPT_MESSAGE(Place.ATTEMPT_MESSAGE, "attempt", "message", Form.TEXT, "job_id", "no"),
  DELIVERY_BODY(Place.DELIVERY_BODY, "delivery", "body", Form.BYTES, "id", "0"),
  DELIVERY_RESPONSE(
      Place.DELIVERY_RESPONSE, "delivery_attempt", "response", Form.TEXT, "delivery_id", "no"),
  // Bound to its owner; several of one owner differ by a number that is not part of it.
  WEBHOOK_SECRET(
      Place.WEBHOOK_SECRET,
      "webhook_secret",
      "secret",
      Form.BYTES,
      "coalesce(endpoint_id, lpad(to_hex(tenant_id), 32, '0')::uuid)",
      "id");

  /** How a value is written: sealed text behind a word of its own, and in JSON as a string. */
  enum Form {
    BYTES("%s", "?", "octet_length(%s)", "substring(%s from 1 for 37)"),
    TEXT("%s", "?", "octet_length(%s)", "left(%s, 59)"),
    JSON("%s #>> '{}'", "?::json", "octet_length(%s::text)", "left(%s #>> '{}', 59)");

    private final String read;
    private final String write;
    private final String length;
    private final String head;

    Form(String read, String write, String length, String head) {
      this.read = read;
      this.write = write;
      this.length = length;
      this.head = head;
    }
  }

  private final Place place;
  private final String table;
  private final String column;
  private final Form form;
  private final String row;
  private final String no;

  SealedColumn(Place place, String table, String column, Form form, String row, String no) {
    this.place = place;
    this.table = table;
    this.column = column;
    this.form = form;
    this.row = row;
    this.no = no;
  }

  Place place() {
    return place;
  }

  /** The number within the row that a value is bound to. */
  int boundNo(int no) {
    return this == WEBHOOK_SECRET ? 0 : no;
  }

  /** A text as it is written. */
  String written(String text, boolean sealed) {
    return form == Form.JSON && sealed ? '"' + text + '"' : text;
  }

  boolean isBytes() {
    return form == Form.BYTES;
  }

  /**
   * Row, number, length and as much of the value as tells its key; parameters: row, row, number,
   * limit.
   */
  String slice() {
    String value = column;
    return """
    select %1$s, %2$s, %3$s, %4$s from %5$s
    where %1$s >= ? and (%1$s > ? or %2$s > ?) and %6$s is not null
    order by 1, 2 limit ?
    """
        .formatted(
            row, no, form.length.formatted(value), form.head.formatted(value), table, column);
  }

  /** The value, locked; parameters: row, number. */
  String read() {
    return "select %s from %s where %s = ? and %s = ? and %s is not null for update"
        .formatted(form.read.formatted(column), table, row, no, column);
  }

  /** Replaces it; parameters: value, row, number. */
  String write() {
    return "update %s set %s = %s where %s = ? and %s = ?"
        .formatted(table, column, form.write, row, no);
  }
}
