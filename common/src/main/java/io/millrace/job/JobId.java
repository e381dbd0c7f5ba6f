package io.millrace.job;

import io.millrace.id.WireId;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * The identity of a job: a time-ordered UUID (version 7), written {@code job_} and 26 characters of
 * Crockford's base 32, so that text, bytes and creation time sort alike.
 *
 * <p>The twelve bits after the version hold the fraction of the millisecond, which orders ids of
 * one process finer than a millisecond; the remaining 62 bits are random.
 */
public record JobId(UUID uuid) implements Comparable<JobId> {

  private static final String PREFIX = "job_";

  /** A new id whose place in time is {@code at}; {@code random} must be unpredictable enough. */
  @SuppressWarnings("JavaInstantGetSecondsGetNano") // the fraction within its millisecond is meant
  public static JobId create(Instant at, RandomGenerator random) {
    long millis = at.toEpochMilli();
    long fraction = (at.getNano() % 1_000_000L) * 4096 / 1_000_000L;
    long high = (millis << 16) | 0x7000L | fraction;
    long low = (random.nextLong() >>> 2) | 0x8000_0000_0000_0000L;
    return new JobId(new UUID(high, low));
  }

  /** The id that {@code text} names, or empty where it is not a job id as this class writes one. */
  public static Optional<JobId> parse(String text) {
    return WireId.parse(PREFIX, text).map(JobId::new);
  }

  @Override
  public String toString() {
    return WireId.write(PREFIX, uuid);
  }

  /** Orders as PostgreSQL orders uuids: unsigned, byte by byte. */
  @Override
  public int compareTo(JobId other) {
    return WireId.compare(uuid, other.uuid);
  }
}
