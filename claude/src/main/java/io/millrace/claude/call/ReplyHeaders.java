package io.millrace.claude.call;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The headers of a reply that Millrace looks at; their names are lower-case. */
public record ReplyHeaders(Map<String, String> values) {
  private static final Duration LONGEST_WAIT = Duration.ofDays(31);
  private static final Set<String> KEPT =
      Set.of(
          "request-id",
          "retry-after",
          "retry-after-ms",
          "x-should-retry",
          "content-type",
          "content-encoding",
          "millrace-version");
  private static final Set<String> KEPT_PREFIXES =
      Set.of("anthropic-ratelimit-", "anthropic-priority-", "anthropic-fast-");

  public static final ReplyHeaders NONE = new ReplyHeaders(Map.of());

  public ReplyHeaders {
    values = Map.copyOf(values);
  }

  static ReplyHeaders of(Set<String> names, Function<String, String> valueOf) {
    var kept = new TreeMap<String, String>();
    for (String name : names) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (KEPT.contains(lower) || KEPT_PREFIXES.stream().anyMatch(lower::startsWith)) {
        kept.put(lower, valueOf.apply(name));
      }
    }
    return new ReplyHeaders(kept);
  }

  public Optional<String> value(String name) {
    return Optional.ofNullable(values.get(name));
  }

  public Optional<String> requestId() {
    return value("request-id");
  }

  /** What {@code x-should-retry} says. */
  public Optional<Boolean> shouldRetry() {
    return value("x-should-retry")
        .filter(value -> "true".equals(value) || "false".equals(value))
        .map("true"::equals);
  }

  /**
   * How long the provider asks to wait: {@code retry-after-ms}, else {@code retry-after} in seconds
   * or as a date. Nonsense and waits that are over are no answer.
   */
  public Optional<Duration> retryAfter(Instant now) {
    return millis(values.get("retry-after-ms"), 1)
        .or(() -> millis(values.get("retry-after"), 1000))
        .or(() -> until(values.get("retry-after"), now));
  }

  private static Optional<Duration> millis(@Nullable String number, int unit) {
    if (number == null) {
      return Optional.empty();
    }
    try {
      double millis = Double.parseDouble(number.strip()) * unit;
      return millis > 0
          ? Optional.of(
              Duration.ofMillis(
                  (long) Math.ceil(Math.min(millis, (double) LONGEST_WAIT.toMillis()))))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static Optional<Duration> until(@Nullable String date, Instant now) {
    if (date == null) {
      return Optional.empty();
    }
    try {
      Instant then =
          ZonedDateTime.parse(date.strip(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(now, then);
      return wait.isPositive()
          ? Optional.of(wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait)
          : Optional.empty();
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** A limit per minute that the headers name, such as {@code input-tokens}. */
  public Optional<Long> limit(String dimension) {
    return value("anthropic-ratelimit-" + dimension + "-limit").flatMap(ReplyHeaders::positive);
  }

  /** What is left of a limit, rounded as the provider rounds it. */
  public Optional<Long> remaining(String dimension) {
    return value("anthropic-ratelimit-" + dimension + "-remaining").flatMap(ReplyHeaders::number);
  }

  private static Optional<Long> positive(String number) {
    return number(number).filter(limit -> limit > 0);
  }

  private static Optional<Long> number(String number) {
    try {
      return Optional.of(Long.parseLong(number.strip()));
    } catch (NumberFormatException notANumber) {
      return Optional.empty();
    }
  }
}
