package io.millrace.api.submit;

import io.millrace.api.patience.Patience;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.NewJob;
import io.millrace.db.job.Submitted;
import io.millrace.db.sql.Failures;
import io.millrace.db.sql.GroupCommit;
import io.millrace.job.JobState;
import io.millrace.money.Usage;
import java.math.BigDecimal;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jooq.exception.DataAccessException;

/**
 * Stores one job in a transaction shared with whoever submits at the same time, and answers only
 * what is certain: stored, not stored, or, where a commit's reply was lost, that it may be stored.
 */
final class SubmitJob {

  private static final int RETRY_AFTER_SECONDS = 2;

  /** Of the time for a submission, what is kept for asking after a commit without a reply. */
  private static final Duration LOOK_UP = Duration.ofSeconds(1);

  private final GroupCommit<NewJob, Submitted> intake;
  private final JobViews jobs;
  private final ReadySignal ready;
  private final Room room;
  private final Duration patience;

  SubmitJob(
      GroupCommit<NewJob, Submitted> intake,
      JobViews jobs,
      ReadySignal ready,
      Room room,
      Duration timeout) {
    this.intake = intake;
    this.jobs = jobs;
    this.ready = ready;
    this.room = room;
    this.patience = timeout.compareTo(LOOK_UP) > 0 ? timeout.minus(LOOK_UP) : timeout;
  }

  /** The stored job; replayed where its key had been used before. */
  record Accepted(JobView job, boolean replayed) {}

  Accepted submit(NewJob job) throws InterruptedException {
    room.enter();
    Submitted fate = store(job);
    room.stored();
    return switch (fate) {
      case Submitted.Created created -> {
        if (job.runAt() == null) {
          ready.raise();
        }
        yield new Accepted(fresh(job, created), false);
      }
      case Submitted.Replayed replayed ->
          new Accepted(
              jobs.find(job.tenantId(), replayed.id())
                  .orElseThrow(
                      () -> new Refused(Problem.conflict("The job of this key was deleted"))),
              true);
      case Submitted.KeyReused reused ->
          throw new Refused(
              Problem.conflict(
                  "idempotency-key: It was used before with another body; nothing was stored"));
    };
  }

  private Submitted store(NewJob job) throws InterruptedException {
    CompletableFuture<Submitted> result;
    try {
      result = intake.add(job);
    } catch (RejectedExecutionException full) {
      throw new Refused(nothingStored(Problem.Reason.QUEUE_FULL));
    }
    try {
      return result.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException slow) {
      if (intake.withdraw(result)) {
        throw new Refused(nothingStored());
      }
      return lookUp(job);
    } catch (ExecutionException failed) {
      return afterFailure(job, failed);
    }
  }

  private Submitted afterFailure(NewJob job, Throwable failure) throws InterruptedException {
    if (isNeverConnected(failure)) {
      throw new Refused(nothingStored());
    }
    if (Failures.isDiskFull(failure)) {
      throw new Refused(room.full());
    }
    if (Failures.isConnection(failure)) {
      return lookUp(job);
    }
    if (Failures.isTransient(failure)) {
      throw new Refused(nothingStored());
    }
    throw new IllegalStateException("job " + job.id() + " could not be stored", failure);
  }

  /** The pool had no connection to give: no statement was sent. */
  private static boolean isNeverConnected(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLTransientConnectionException) {
        return true;
      }
    }
    return false;
  }

  /** A commit may have happened: asks for the job itself, within what is left of the time. */
  private Submitted lookUp(NewJob job) throws InterruptedException {
    try {
      return Patience.within(LOOK_UP, () -> jobs.find(job.tenantId(), job.id()))
          .map(stored -> new Submitted.Created(job.id(), stored.createdAt(), stored.expiresAt()))
          .orElseThrow(() -> new Refused(perhapsStored()));
    } catch (Refused | DataAccessException unknown) {
      throw new Refused(perhapsStored());
    }
  }

  private static Problem nothingStored() {
    return nothingStored(Problem.Reason.STORE);
  }

  private static Problem nothingStored(Problem.Reason reason) {
    return Problem.overloaded(
        reason, "Jobs cannot be stored at the moment; nothing was stored", RETRY_AFTER_SECONDS);
  }

  private static Problem perhapsStored() {
    return Problem.overloaded(
        "The store did not confirm in time and the job may have been accepted;"
            + " repeat the request with the same Idempotency-Key to be sure of one job",
        RETRY_AFTER_SECONDS);
  }

  private static JobView fresh(NewJob job, Submitted.Created created) {
    var request = job.request();
    Instant dueAt = Objects.requireNonNullElse(job.runAt(), created.createdAt());
    return new JobView(
        job.id(),
        JobState.QUEUED,
        job.lane(),
        job.pool(),
        job.model(),
        null,
        created.createdAt(),
        dueAt,
        created.expiresAt(),
        false,
        null,
        null,
        null,
        0,
        1,
        job.batchId(),
        job.batchUntil(),
        new JobView.Terms(
            job.customId(),
            job.userId(),
            job.feature(),
            request.metadata(),
            job.runAt(),
            job.maxAttempts(),
            (int) job.timeout().toSeconds(),
            job.retryAmbiguous(),
            request.fallbackModels(),
            request.webhookUrl(),
            request.anthropicVersion(),
            request.anthropicBeta(),
            job.keeping()),
        null,
        null,
        null,
        Usage.NONE,
        BigDecimal.ZERO,
        BigDecimal.ZERO,
        false,
        false);
  }
}
