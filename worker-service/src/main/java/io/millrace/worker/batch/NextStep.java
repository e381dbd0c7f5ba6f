package io.millrace.worker.batch;

import io.millrace.db.job.Claims;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The next step with a provider batch, by how far it is. */
final class NextStep {

  private static final Logger log = LoggerFactory.getLogger(NextStep.class);

  private final Steps steps;
  private final SendBatch send;
  private final FindLost find;
  private final FollowBatch follow;
  private final ReadResults read;

  NextStep(Steps steps, Claims claims) {
    this.steps = steps;
    this.send = new SendBatch(steps, claims);
    this.find = new FindLost(steps);
    this.follow = new FollowBatch(steps);
    this.read = new ReadResults(steps, follow);
  }

  void step(Drive drive) throws InterruptedException {
    var batch = drive.batch();
    switch (batch.state()) {
      case GATHERED -> send.step(drive);
      case SENDING -> {
        log.warn(
            "Whoever sent provider batch {} is gone; it is looked for in Claude's list",
            batch.id());
        steps.meters().sent("lost");
        steps.batches().lost(batch, false, "lease_lost", Duration.ZERO);
      }
      case LOST -> find.step(drive);
      case PROCESSING -> follow.step(drive);
      case ENDED -> read.step(drive);
      case GIVEN_UP -> {
        if (batch.providerId() == null) {
          find.step(drive);
        } else {
          follow.step(drive);
        }
      }
      case SETTLED -> throw new IllegalStateException("nobody takes what is settled");
    }
  }
}
