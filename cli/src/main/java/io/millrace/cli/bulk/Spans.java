package io.millrace.cli.bulk;

import io.millrace.cli.terminal.Misused;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lengths of time as people write and read them. */
final class Spans {

  private static final Pattern SPAN = Pattern.compile("(\\d{1,8})(s|m|h|d|)");
  private static final long LEAST = 60;
  private static final long MOST = Duration.ofDays(14).toSeconds();

  private Spans() {}

  /** Of {@code 90s}, {@code 30m}, {@code 6h} or {@code 2d}. */
  static long seconds(String written) {
    Matcher span = SPAN.matcher(written.strip());
    if (span.matches()) {
      long seconds =
          Long.parseLong(span.group(1))
              * switch (span.group(2)) {
                case "m" -> 60;
                case "h" -> 3_600;
                case "d" -> 86_400;
                // Of seconds, or without a unit: the pattern knows no other.
                default -> 1;
              };
      if (seconds >= LEAST && seconds <= MOST) {
        return seconds;
      }
    }
    throw new Misused(
        "--expires-in should be a time from 60s to 14d, such as 90s, 30m, 6h or 2d, not '%s'."
            .formatted(written));
  }

  /** As short as says something. */
  static String shown(Duration span) {
    if (span.toDays() > 0) {
      return "%d d %d h".formatted(span.toDays(), span.toHoursPart());
    }
    if (span.toHours() > 0) {
      return "%d h %d min".formatted(span.toHours(), span.toMinutesPart());
    }
    return span.toMinutes() > 0
        ? "%d min %d s".formatted(span.toMinutes(), span.toSecondsPart())
        : "%d s".formatted(span.toSeconds());
  }
}
