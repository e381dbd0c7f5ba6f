package io.millrace.job;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The priority of a job: a pool starts interactive jobs before standard ones before bulk ones. */
public enum Lane {
  /** Somebody waits for the answer. */
  INTERACTIVE(0, Duration.ofHours(1)),
  /** The default. */
  STANDARD(1, Duration.ofHours(24)),
  /** Takes what the others leave, but never less than its floor. */
  BULK(2, Duration.ofDays(14));

  private final int rank;
  private final Duration defaultLifetime;

  Lane(int rank, Duration defaultLifetime) {
    this.rank = rank;
    this.defaultLifetime = defaultLifetime;
  }

  /** Its place in the order of lanes, from 0. */
  public int rank() {
    return rank;
  }

  /** How long after its creation or {@code run_at} a job expires that names no deadline. */
  public Duration defaultLifetime() {
    return defaultLifetime;
  }

  /** The name in JSON, SQL and metrics. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The lane of that wire name, or empty. */
  public static Optional<Lane> parse(String wireName) {
    return Arrays.stream(values()).filter(lane -> lane.wireName().equals(wireName)).findFirst();
  }
}
