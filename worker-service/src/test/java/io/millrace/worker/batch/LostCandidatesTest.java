package io.millrace.worker.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.batch.MessageBatch;
import io.millrace.db.batch.ProviderBatch;
import io.millrace.db.batch.ProviderBatch.Tries;
import io.millrace.db.batch.ProviderState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LostCandidatesTest {

  private static final Instant SENT = Instant.parse("2026-11-29T12:00:00Z");

  @Test
  void sizeAndTimeHaveToFit() {
    var fits = listed("a", 7, 1);

    assertThat(
            among(
                listed("smaller", 6, 1),
                listed("larger", 8, 1),
                fits,
                listed("before", 7, -121),
                listed("a little before, by a clock that is behind", 7, -119)))
        .extracting(MessageBatch::id)
        .containsExactly("a", "a little before, by a clock that is behind");
  }

  @Test
  void theNearestInTimeComesFirst() {
    assertThat(among(listed("far", 7, 300), listed("near", 7, 2), listed("nearer", 7, -1)))
        .extracting(MessageBatch::id)
        .containsExactly("nearer", "near", "far");
  }

  @Test
  void whatTurnedOutToBeAnothersIsNotLookedAtAgain() {
    assertThat(among(listed("stranger", 7, 1))).isEmpty();
  }

  @Test
  void whatIsKnownIsAnothers() {
    var candidates = among(listed("known", 7, 1), listed("new", 7, 2));

    assertThat(LostCandidates.first(candidates, Set.of("known")))
        .hasValueSatisfying(found -> assertThat(found.id()).isEqualTo("new"));
    assertThat(LostCandidates.first(candidates, Set.of("known", "new"))).isEmpty();
  }

  private static List<MessageBatch> among(MessageBatch... listed) {
    var lost =
        new ProviderBatch(
            UUID.randomUUID(),
            1,
            ProviderState.LOST,
            "2026-10-21",
            List.of(),
            7,
            null,
            false,
            SENT,
            Duration.ofSeconds(3),
            false,
            List.of("stranger"),
            null,
            false,
            new Tries(1, 0, 0));
    return LostCandidates.among(List.of(listed), lost, SENT);
  }

  private static MessageBatch listed(String id, int size, int secondsLater) {
    return new MessageBatch(id, false, size, SENT.plusSeconds(secondsLater), null, null);
  }
}
