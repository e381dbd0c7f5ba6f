package io.millrace.db.batch;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A provider batch as whoever drives it found it. Ages are by the database's clock.
 *
 * @param driveNo the fence: whoever drives it under this number
 * @param items how many it had when it was last sent, or gathered
 * @param providerId what the provider calls it, as far as is known
 * @param proven whether a reply, or its results, told so
 * @param sentAt when its create was last begun
 * @param lostFor how long it has been looked for
 * @param refused whether a complete reply said that it was not taken
 * @param strangers what was found in the list and turned out to be another's
 * @param notFoundFor for how long the provider has not known it; null while it does
 * @param canceled whether the provider was asked to cancel it
 */
public record ProviderBatch(
    UUID id,
    int driveNo,
    ProviderState state,
    String anthropicVersion,
    List<String> anthropicBeta,
    int items,
    @Nullable String providerId,
    boolean proven,
    @Nullable Instant sentAt,
    @Nullable Duration lostFor,
    boolean refused,
    List<String> strangers,
    @Nullable Duration notFoundFor,
    boolean canceled,
    Tries tries) {

  /** How often what was done with it. */
  public record Tries(int sends, int polls, int reads) {}
}
