package io.millrace.api.usage;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.usage.UsageQuestion.Dimension;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a query asks for.
 *
 * @param from the first moment
 * @param to the first moment that no longer counts
 */
record UsageParameters(Instant from, Instant to, List<Dimension> groupBy) {

  static final int DAYS = 30;
  private static final Duration LONGEST = Duration.ofDays(400);
  private static final String KNOWN =
      Stream.of(Dimension.values()).map(Dimension::wireName).collect(Collectors.joining(", "));

  /**
   * Reads the parameters as they came.
   *
   * @param groupBy each a list with commas, for those who repeat the parameter
   * @throws Refused naming the parameter that is wrong
   */
  static UsageParameters of(
      @Nullable String from, @Nullable String to, String @Nullable [] groupBy, Instant now) {
    Instant end = to == null ? nextHour(now) : moment("to", to);
    Instant start = from == null ? daysBefore(end) : moment("from", from);
    if (!start.isBefore(end)) {
      throw refused("from", "Should be before to");
    }
    if (Duration.between(start, end).compareTo(LONGEST) > 0) {
      throw refused("from", "At most " + LONGEST.toDays() + " days are summed at once");
    }
    return new UsageParameters(start, end, dimensions(groupBy));
  }

  /** With the running hour. */
  private static Instant nextHour(Instant now) {
    return now.truncatedTo(ChronoUnit.HOURS).plus(1, ChronoUnit.HOURS);
  }

  /** The last of the days may be a part of one. */
  private static Instant daysBefore(Instant end) {
    LocalDate last = end.minusNanos(1).atOffset(ZoneOffset.UTC).toLocalDate();
    return last.minusDays(DAYS - 1L).atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private static Instant moment(String name, String value) {
    try {
      Instant moment =
          value.length() == "2026-12-31".length()
              ? LocalDate.parse(value).atStartOfDay(ZoneOffset.UTC).toInstant()
              // A plus sign that nobody encoded arrives as a blank.
              : OffsetDateTime.parse(value.replace(' ', '+')).toInstant();
      int year = moment.atOffset(ZoneOffset.UTC).getYear();
      if (!moment.equals(moment.truncatedTo(ChronoUnit.HOURS))) {
        throw refused(name, "Usage is summed by the hour: give a day or a whole hour");
      }
      if (year >= 2000 && year < 10_000) {
        return moment;
      }
    } catch (DateTimeException malformed) {
      // Said below.
    }
    throw refused(name, "Should be a day like 2026-12-31 or a time like 2026-12-31T13:00:00Z");
  }

  private static List<Dimension> dimensions(String @Nullable [] lists) {
    List<Dimension> dimensions = new ArrayList<>();
    for (String list : lists == null ? new String[0] : lists) {
      for (String name : list.isBlank() ? new String[0] : list.split(",", -1)) {
        Dimension dimension =
            Dimension.parse(name.strip())
                .orElseThrow(() -> refused("group_by", "Should be some of " + KNOWN));
        if (dimensions.contains(dimension)) {
          throw refused("group_by", "Names " + dimension.wireName() + " twice");
        }
        dimensions.add(dimension);
      }
    }
    return List.copyOf(dimensions);
  }

  static Refused refused(String name, String problem) {
    return new Refused(Problem.invalidRequest(name + ": " + problem));
  }
}
