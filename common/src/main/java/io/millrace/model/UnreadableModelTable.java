package io.millrace.model;

/** A model table that cannot be used; the message names the file and the line. */
public final class UnreadableModelTable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnreadableModelTable(String file, int line, String problem) {
    super(file + ":" + line + ": " + problem);
  }
}
