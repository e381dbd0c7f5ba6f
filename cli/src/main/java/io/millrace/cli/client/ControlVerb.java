package io.millrace.cli.client;

import java.util.Locale;

/** What a caller may do to jobs, one by its id or all of a filter. */
public enum ControlVerb {
  CANCEL("canceled", "requested", "asked to stop"),
  REPLAY("replayed", "skipped", "skipped, because their requests are gone");

  private final String done;
  private final String other;
  private final String otherSaid;

  ControlVerb(String done, String other, String otherSaid) {
    this.done = done;
    this.other = other;
    this.otherSaid = otherSaid;
  }

  /** The verb, as in the command and the path. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The field that counts the jobs that are now as was asked; also the word for it. */
  String done() {
    return done;
  }

  /** The field that counts the others. */
  String other() {
    return other;
  }

  String otherSaid() {
    return otherSaid;
  }
}
