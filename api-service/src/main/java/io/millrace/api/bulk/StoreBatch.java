package io.millrace.api.bulk;

import io.millrace.api.patience.Patience;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.api.submit.ReadySignal;
import io.millrace.api.submit.Room;
import io.millrace.db.batch.BatchView;
import io.millrace.db.batch.BatchViews;
import io.millrace.db.batch.Batches;
import io.millrace.db.batch.Batches.Fate;
import io.millrace.db.batch.NewBatch;
import io.millrace.db.job.NewJob;
import io.millrace.db.job.NewJob.IdempotencyKey;
import io.millrace.db.sql.Failures;
import io.millrace.job.BatchId;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/**
 * Stores a batch with all its jobs in one transaction, and answers only what is certain: stored,
 * not stored, or, where a commit's reply was lost, that it may be stored.
 */
final class StoreBatch {

  private static final int RETRY_AFTER_SECONDS = 2;
  private static final Duration LOOK_UP = Duration.ofSeconds(2);

  /** Between two looks at whether the other batch of the same key is stored by now. */
  private static final Duration LOOK = Duration.ofMillis(50);

  private final Batches batches;
  private final BatchViews views;
  private final ReadySignal ready;
  private final Room room;
  private final Semaphore turns;
  private final Duration patience;
  private final CountDownLatch never = new CountDownLatch(1);

  /** {@code turns} bounds how many are stored at once: each holds a connection for seconds. */
  StoreBatch(
      Batches batches,
      BatchViews views,
      ReadySignal ready,
      Room room,
      Semaphore turns,
      Duration patience) {
    this.batches = batches;
    this.views = views;
    this.ready = ready;
    this.room = room;
    this.turns = turns;
    this.patience = patience;
  }

  /** The stored batch; replayed where its key had been used before. */
  record Accepted(BatchView batch, boolean replayed) {}

  Accepted store(NewBatch batch, @Nullable IdempotencyKey key, Iterator<List<NewJob>> jobs)
      throws InterruptedException {
    room.enter();
    long deadline = System.nanoTime() + patience.toNanos();
    Fate fate = inTurn(batch, key, jobs, deadline);
    while (fate instanceof Fate.Busy) {
      if (System.nanoTime() > deadline) {
        throw new Refused(nothingStored(Problem.Reason.STORE));
      }
      var _ = never.await(LOOK.toMillis(), TimeUnit.MILLISECONDS);
      fate = inTurn(batch, key, jobs, deadline);
    }
    return switch (fate) {
      case Fate.Created() -> {
        room.stored();
        ready.raise();
        yield new Accepted(found(batch.tenantId(), batch.id()), false);
      }
      case Fate.Replayed(var first) -> new Accepted(found(batch.tenantId(), first), true);
      case Fate.KeyReused() ->
          throw new Refused(
              Problem.conflict(
                  "idempotency-key: It was used before with another body; nothing was stored"));
      case Fate.Busy() -> throw new IllegalStateException("still busy");
    };
  }

  private BatchView found(int tenant, BatchId id) throws InterruptedException {
    return Patience.within(LOOK_UP, () -> views.find(tenant, id))
        .orElseThrow(() -> new Refused(Problem.conflict("The batch of this key was deleted")));
  }

  private Fate inTurn(
      NewBatch batch, @Nullable IdempotencyKey key, Iterator<List<NewJob>> jobs, long deadline)
      throws InterruptedException {
    if (!turns.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
      throw new Refused(nothingStored(Problem.Reason.QUEUE_FULL));
    }
    try {
      return batches.create(batch, key, jobs);
    } catch (DataAccessException failure) {
      return afterFailure(batch, jobs, failure);
    } finally {
      turns.release();
    }
  }

  private Fate afterFailure(
      NewBatch batch, Iterator<List<NewJob>> jobs, DataAccessException failure)
      throws InterruptedException {
    if (Failures.isDiskFull(failure)) {
      throw new Refused(room.full());
    }
    // Where jobs are left no commit was sent.
    if (Failures.isConnection(failure) && !jobs.hasNext() && !isNeverConnected(failure)) {
      return lookUp(batch);
    }
    if (Failures.isConnection(failure) || Failures.isTransient(failure)) {
      throw new Refused(nothingStored(Problem.Reason.STORE));
    }
    throw new IllegalStateException("batch " + batch.id() + " could not be stored", failure);
  }

  /** A commit may have happened: asks for the batch itself. */
  private Fate lookUp(NewBatch batch) throws InterruptedException {
    try {
      return Patience.within(LOOK_UP, () -> views.find(batch.tenantId(), batch.id()))
          .map(stored -> new Fate.Created())
          .orElseThrow(() -> new Refused(perhapsStored()));
    } catch (Refused | DataAccessException unknown) {
      throw new Refused(perhapsStored());
    }
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

  private static Problem nothingStored(Problem.Reason reason) {
    return Problem.overloaded(
        reason, "Batches cannot be stored at the moment; nothing was stored", RETRY_AFTER_SECONDS);
  }

  private static Problem perhapsStored() {
    return Problem.overloaded(
        "The store did not confirm in time and the batch may have been accepted;"
            + " repeat the request with the same Idempotency-Key to be sure of one batch",
        RETRY_AFTER_SECONDS);
  }
}
