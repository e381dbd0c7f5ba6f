package io.millrace.worker.batch;

import io.millrace.claude.batch.MessageBatch;
import io.millrace.db.batch.ProviderBatch;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which of the batches in the provider's list may be the one whose create had no reply: the list
 * shows no custom_ids, so size and time have to do until there are results. Pure.
 */
final class LostCandidates {

  /** By how much the provider's clock may be behind the database's. */
  static final Duration SKEW = Duration.ofMinutes(2);

  private LostCandidates() {}

  /** Nothing that was created before can be it. */
  static Instant earliest(Instant sentAt) {
    return sentAt.minus(SKEW);
  }

  /** Those that may be it, the likeliest first. */
  static List<MessageBatch> among(List<MessageBatch> listed, ProviderBatch lost, Instant sentAt) {
    return listed.stream()
        .filter(batch -> batch.size() == lost.items())
        .filter(batch -> !batch.createdAt().isBefore(earliest(sentAt)))
        .filter(batch -> !lost.strangers().contains(batch.id()))
        .sorted(
            Comparator.<MessageBatch, Duration>comparing(
                    batch -> Duration.between(sentAt, batch.createdAt()).abs())
                .thenComparing(MessageBatch::id))
        .toList();
  }

  /** The likeliest that nobody knows yet. */
  static Optional<MessageBatch> first(List<MessageBatch> candidates, Set<String> known) {
    return candidates.stream().filter(batch -> !known.contains(batch.id())).findFirst();
  }
}
