package io.millrace.cli.bulk;

import io.millrace.cli.client.Json;
import io.millrace.cli.client.RawObject;
import io.millrace.cli.terminal.Terminal;
import io.millrace.money.Dollars;
import java.math.BigDecimal;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Shows how a run gets on: a line that changes, lines now and then, objects, or nothing. */
final class Display {

  private static final String CLEAR = "\r\033[K";

  private final Terminal terminal;
  private final Kind kind;
  private final Pace pace;
  private final int width;
  private boolean open;
  private long shown;
  private boolean ever;

  /** For whom it is. */
  enum Kind {
    BAR,
    LINES,
    JSON,
    QUIET
  }

  Display(Terminal terminal, Kind kind, Pace pace) {
    this.terminal = terminal;
    this.kind = kind;
    this.pace = pace;
    String columns = terminal.variable("COLUMNS");
    this.width = columns != null && columns.matches("\\d{2,4}") ? Integer.parseInt(columns) : 120;
  }

  static Kind kind(Terminal terminal, RunOptions options) {
    if (options.isOn(RunOptions.Switch.QUIET)) {
      return Kind.QUIET;
    }
    if (options.isOn(RunOptions.Switch.JSON)) {
      return Kind.JSON;
    }
    return terminal.watched() ? Kind.BAR : Kind.LINES;
  }

  /** Whether the line should be kept fresh. */
  boolean isLive() {
    return kind == Kind.BAR;
  }

  /** A line of its own, which stays. */
  void note(String line) {
    if (kind == Kind.QUIET) {
      return;
    }
    clear();
    terminal.err().println(line);
    terminal.err().flush();
  }

  /** What must be heard, also by those who want to hear nothing. */
  void warn(String line) {
    clear();
    terminal.err().println("millrace: " + line);
    terminal.err().flush();
  }

  void show(Standing standing) {
    switch (kind) {
      case BAR -> {
        String bar = standing.bar();
        terminal.err().print(CLEAR + bar.substring(0, Math.min(bar.length(), width - 1)));
        terminal.err().flush();
        open = true;
      }
      case LINES -> {
        if (isDue()) {
          terminal.err().println(standing.text());
          terminal.err().flush();
        }
      }
      case JSON -> {
        if (isDue()) {
          print("bulk_progress", standing, null);
        }
      }
      case QUIET -> {}
    }
  }

  private boolean isDue() {
    long now = System.nanoTime();
    boolean due = !ever || now - shown >= pace.line().toNanos();
    if (due) {
      shown = now;
      ever = true;
    }
    return due;
  }

  /**
   * The end, for people in words.
   *
   * @param status what programs are told
   */
  void end(Standing standing, String status, String words) {
    switch (kind) {
      case BAR, LINES -> note(words);
      case JSON -> print("bulk_end", standing, status);
      case QUIET -> {}
    }
  }

  private void print(String type, Standing standing, @Nullable String status) {
    Tally tally = standing.tally();
    var object = new RawObject().text("type", type);
    if (status != null) {
      object.text("status", status);
    }
    object.put("items", number(standing.items())).put("submitted", number(standing.submitted()));
    object.put("succeeded", number(tally.succeeded())).put("errored", number(tally.errored()));
    object.put("canceled", number(tally.canceled())).put("expired", number(tally.expired()));
    object.put("items_per_second", Json.utf8(Standing.format("%.1f", standing.perSecond())));
    object.put("input_tokens", number(tally.inputTokens()));
    object.put("output_tokens", number(tally.outputTokens()));
    object.put("cost", amount(tally.cost())).put("suspected", amount(tally.suspected()));
    object.put(
        "seconds_left",
        standing.left() == null ? Json.utf8("null") : number(standing.left().toSeconds()));
    object.put(
        "batches",
        Json.utf8(
            standing.batches().stream()
                .map(id -> '"' + id + '"')
                .collect(Collectors.joining(",", "[", "]"))));
    byte[] line = object.bytes();
    terminal.out().write(line, 0, line.length);
    terminal.out().println();
    terminal.out().flush();
  }

  private static byte[] number(long number) {
    return Json.utf8(Long.toString(number));
  }

  private static byte[] amount(@Nullable BigDecimal amount) {
    return amount == null ? Json.utf8("null") : Json.string(Dollars.format(amount));
  }

  private void clear() {
    if (open) {
      terminal.err().print(CLEAR);
      open = false;
    }
  }
}
