package io.millrace.worker.batch;

import io.millrace.claude.batch.BatchAnswer;
import io.millrace.claude.batch.BatchAnswer.NotFound;
import io.millrace.claude.batch.BatchAnswer.Refused;
import io.millrace.claude.batch.BatchAnswer.Told;
import io.millrace.claude.batch.BatchAnswer.Unclear;
import io.millrace.claude.batch.BatchAnswer.Unsent;
import io.millrace.claude.batch.MessageBatch;
import io.millrace.db.batch.ProviderBatch;
import io.millrace.db.batch.ProviderState;
import io.millrace.failure.FailureCode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks in the provider's list for a batch whose create had no reply. What may be it is adopted,
 * and its results will prove it or not. Its items stay where they are meanwhile; only after a look
 * that found nothing for long enough do they go again.
 */
final class FindLost {

  private static final Logger log = LoggerFactory.getLogger(FindLost.class);
  private static final int MOST_PAGES = 50;

  /** Whatever the provider took has ended by then, a day after it came. */
  static final Duration LONGEST = Duration.ofHours(25);

  private final Steps steps;

  FindLost(Steps steps) {
    this.steps = steps;
  }

  void step(Drive drive) throws InterruptedException {
    var batch = drive.batch();
    var sentAt = Objects.requireNonNull(batch.sentAt());
    List<MessageBatch> listed = new ArrayList<>();
    String after = null;
    for (int page = 0; page < MOST_PAGES; page++) {
      var read = page(drive, after);
      if (read.isEmpty()) {
        return;
      }
      var batches = read.get().batches();
      listed.addAll(batches);
      if (!read.get().more()
          || batches.isEmpty()
          || batches.getLast().createdAt().isBefore(LostCandidates.earliest(sentAt))) {
        break;
      }
      after = batches.getLast().id();
    }
    if (drive.holds()) {
      looked(batch, sentAt, listed);
    }
  }

  /** Empty where the page could not be read, and the batch has been put off. */
  private Optional<MessageBatch.Page> page(Drive drive, @Nullable String after)
      throws InterruptedException {
    var batch = drive.batch();
    switch (steps.gate().look(drive)) {
      case BatchGate.NotYet(var pause) -> {
        steps.batches().pause(batch, pause);
        return Optional.empty();
      }
      case BatchGate.Go go -> {
        var reply = drive.execute(steps.client().list(steps.terms(batch), after));
        BatchAnswer<MessageBatch.Page> answer =
            BatchAnswer.of(reply, steps.clock().instant(), MessageBatch::readPage);
        steps.gate().settle(go, answer, reply);
        return switch (answer) {
          case Told<MessageBatch.Page>(var page) -> Optional.of(page);
          case NotFound<MessageBatch.Page> _ -> later(batch, 404, FailureCode.NOT_FOUND);
          case Refused<MessageBatch.Page>(var outcome) ->
              later(batch, outcome.fault().status(), outcome.code());
          case Unsent<MessageBatch.Page>(var code, _) -> later(batch, null, code);
          case Unclear<MessageBatch.Page>(var code, _) -> later(batch, null, code);
        };
      }
    }
  }

  private Optional<MessageBatch.Page> later(
      ProviderBatch batch, @Nullable Integer status, FailureCode code) {
    steps.meters().failed("list", code.wireName());
    steps.batches().unseen(batch, pause(batch), status, code.wireName());
    return Optional.empty();
  }

  private void looked(ProviderBatch batch, Instant sentAt, List<MessageBatch> listed) {
    var candidates = LostCandidates.among(listed, batch, sentAt);
    var known = steps.batches().known(candidates.stream().map(MessageBatch::id).toList());
    var found = LostCandidates.first(candidates, known.keySet());
    if (found.isPresent()) {
      log.info(
          "Claude's batch {} may be provider batch {}; its results will tell",
          found.get().id(),
          batch.id());
      steps.batches().adopt(batch, found.get().id(), steps.pace().poll(0));
    } else if (batch.state() == ProviderState.GIVEN_UP) {
      overOrLater(batch, sentAt);
    } else if (known.containsValue(false)) {
      // Another that is lost has it, until its results prove that: it may be this one.
      steps.batches().pause(batch, pause(batch));
    } else if (batch.refused()) {
      steps.items().notTaken(batch, Duration.ZERO, null, null);
    } else if (lostFor(batch).compareTo(steps.settings().lostWait()) >= 0) {
      giveUp(batch);
    } else {
      steps.batches().pause(batch, pause(batch));
    }
  }

  private void overOrLater(ProviderBatch batch, Instant sentAt) {
    if (Duration.between(sentAt, steps.clock().instant()).compareTo(LONGEST) > 0) {
      steps.batches().settle(batch);
    } else {
      steps.batches().pause(batch, steps.pace().seldom());
    }
  }

  private void giveUp(ProviderBatch batch) {
    log.warn(
        "Provider batch {} was not found in Claude's list for {} s: its items go again, and may be paid twice",
        batch.id(),
        lostFor(batch).toSeconds());
    steps.settle().letGo(batch, FailureCode.BATCH_LOST, "lost");
    steps.batches().giveUp(batch, FailureCode.BATCH_LOST.wireName(), steps.pace().seldom());
  }

  private Duration pause(ProviderBatch batch) {
    return batch.state() == ProviderState.GIVEN_UP
        ? steps.pace().seldom()
        : steps.pace().look(lostFor(batch));
  }

  private static Duration lostFor(ProviderBatch batch) {
    return batch.lostFor() == null ? Duration.ZERO : batch.lostFor();
  }
}
