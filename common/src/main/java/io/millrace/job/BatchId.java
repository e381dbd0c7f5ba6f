package io.millrace.job;

import io.millrace.id.WireId;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * The identity of a caller's batch: a time-ordered UUID as of a {@link JobId}, written as the
 * Claude API writes ids of Message Batches.
 */
public record BatchId(UUID uuid) implements Comparable<BatchId> {

  private static final String PREFIX = "msgbatch_";

  /** A new id whose place in time is {@code at}; {@code random} must be unpredictable enough. */
  public static BatchId create(Instant at, RandomGenerator random) {
    return new BatchId(JobId.create(at, random).uuid());
  }

  /** The id that {@code text} names, or empty where it is not one as this class writes it. */
  public static Optional<BatchId> parse(String text) {
    return WireId.parse(PREFIX, text).map(BatchId::new);
  }

  @Override
  public String toString() {
    return WireId.write(PREFIX, uuid);
  }

  @Override
  public int compareTo(BatchId other) {
    return WireId.compare(uuid, other.uuid);
  }
}
