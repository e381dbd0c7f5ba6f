package io.millrace.worker.batch;

import io.millrace.claude.batch.BatchAnswer;
import io.millrace.claude.batch.BatchAnswer.NotFound;
import io.millrace.claude.batch.BatchAnswer.Refused;
import io.millrace.claude.batch.BatchAnswer.Told;
import io.millrace.claude.batch.BatchAnswer.Unclear;
import io.millrace.claude.batch.BatchAnswer.Unsent;
import io.millrace.claude.batch.ResultLine;
import io.millrace.claude.call.Reply;
import io.millrace.db.batch.ProviderBatch;
import io.millrace.failure.FailureCode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the results of a batch that has ended and settles its items, portion by portion, so that
 * neither a hundred thousand lines nor large answers are ever in memory together. What was settled
 * stays settled, wherever the stream breaks; the next reading goes over it without effect.
 */
final class ReadResults {

  private static final Logger log = LoggerFactory.getLogger(ReadResults.class);
  private static final int MOST_LINES = 500;
  private static final long MOST_BYTES = 8L << 20;
  private static final int READS = 3;

  private final Steps steps;
  private final FollowBatch follow;

  ReadResults(Steps steps, FollowBatch follow) {
    this.steps = steps;
    this.follow = follow;
  }

  void step(Drive drive) throws InterruptedException {
    switch (steps.gate().look(drive)) {
      case BatchGate.NotYet(var pause) -> steps.batches().pause(drive.batch(), pause);
      case BatchGate.Go go -> read(drive, go);
    }
  }

  private void read(Drive drive, BatchGate.Go go) {
    var batch = drive.batch();
    String id = Objects.requireNonNull(batch.providerId());
    var portions = new Portions(drive);
    Reply reply = drive.execute(steps.client().results(steps.terms(batch), id, portions::add));
    BatchAnswer<Boolean> answer =
        BatchAnswer.of(reply, steps.clock().instant(), _ -> Optional.of(true));
    steps.gate().settle(go, answer, reply);
    // What came before a stream broke is as good as any.
    if (!portions.stopped) {
      portions.settle();
    }
    if (portions.stranger) {
      log.warn(
          "Claude's batch {} is not provider batch {}, which is looked for again", id, batch.id());
      steps.batches().disprove(batch, Duration.ZERO);
      return;
    }
    if (portions.stopped || !drive.holds()) {
      steps.batches().pause(batch, Duration.ZERO);
      return;
    }
    switch (answer) {
      case Told<Boolean> _ -> complete(batch, portions.proven);
      case NotFound<Boolean> _ -> follow.notFound(batch, "results");
      case Refused<Boolean>(var outcome) ->
          later(batch, FollowBatch.retryAfter(outcome), outcome.fault().status(), outcome.code());
      case Unsent<Boolean>(var code, _) -> later(batch, null, null, code);
      case Unclear<Boolean>(var code, _) -> later(batch, null, null, code);
    }
  }

  private void complete(ProviderBatch batch, boolean proven) {
    if (steps.batches().settle(batch)) {
      return;
    }
    if (batch.tries().reads() + 1 < READS) {
      log.warn(
          "The results of Claude's batch {} do not have all its items; they are read again",
          batch.providerId());
      steps.batches().reread(batch, steps.pace().poll(batch.tries().reads()));
    } else if (!proven) {
      steps.batches().disprove(batch, Duration.ZERO);
    } else {
      log.error(
          "The results of Claude's batch {} lack items however often they are read; these go again, and may be paid"
              + " twice",
          batch.providerId());
      steps.settle().letGo(batch, FailureCode.BATCH_RESULT_MISSING, "missing");
      steps.batches().settle(batch);
    }
  }

  private void later(
      ProviderBatch batch,
      @Nullable Duration retryAfter,
      @Nullable Integer status,
      FailureCode code) {
    steps.meters().failed("results", code.wireName());
    var pause = steps.pace().poll(batch.tries().polls());
    steps
        .batches()
        .unseen(
            batch,
            retryAfter != null && retryAfter.compareTo(pause) > 0 ? retryAfter : pause,
            status,
            code.wireName());
  }

  /** Says that there is no reason to read on. */
  private static final class ReadEnough extends IOException {
    private static final long serialVersionUID = 1;

    ReadEnough(String why) {
      super(why);
    }
  }

  private final class Portions {
    private final Drive drive;
    private List<ResultLine> lines = new ArrayList<>();
    private long bytes;
    private boolean proven;
    private boolean stranger;
    private boolean stopped;

    Portions(Drive drive) {
      this.drive = drive;
      this.proven = drive.batch().proven();
    }

    void add(byte[] line) throws IOException {
      var read = ResultLine.read(line);
      if (read.isEmpty()) {
        steps.meters().items("unreadable", 1);
        return;
      }
      lines.add(read.get());
      bytes += line.length;
      if (lines.size() >= MOST_LINES || bytes >= MOST_BYTES) {
        settle();
        if (stranger) {
          throw new ReadEnough("another's results");
        }
        if (!drive.mayGoOn()) {
          stopped = true;
          throw new ReadEnough("stopping");
        }
      }
    }

    void settle() {
      if (lines.isEmpty() || stranger) {
        return;
      }
      var batch = drive.batch();
      if (!proven && steps.settle().known(batch, lines).isEmpty()) {
        stranger = true;
        return;
      }
      if (!proven) {
        proven = steps.batches().prove(batch);
      }
      steps.settle().results(batch, lines);
      lines = new ArrayList<>();
      bytes = 0;
    }
  }
}
