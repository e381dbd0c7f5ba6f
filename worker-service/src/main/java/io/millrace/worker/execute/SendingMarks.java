package io.millrace.worker.execute;

import io.millrace.db.job.Claims;
import io.millrace.db.job.Claims.Fence;
import io.millrace.db.sql.Failures;
import io.millrace.db.sql.GroupCommit;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;

/**
 * Notes in the store that a call is about to be sent, in statements shared by all who are. A claim
 * notes it already where its pool lets calls start at once; this is for jobs that had to wait, and
 * for second calls under one claim.
 */
final class SendingMarks implements AutoCloseable {

  private static final int TRIES = 5;
  private static final long PAUSE_NANOS = Duration.ofMillis(200).toNanos();

  private final GroupCommit<Fence, Boolean> commits;

  SendingMarks(Claims claims) {
    this.commits =
        new GroupCommit<>(
            "millrace-mark",
            new GroupCommit.Limits(100_000, 500, Long.MAX_VALUE, 1, Duration.ZERO),
            _ -> 1,
            fences -> mark(claims, fences));
  }

  /**
   * Returns when the mark is durable.
   *
   * @return false where the fence no longer holds, the job was canceled, or the store is away: the
   *     call must not be sent
   */
  boolean mark(Fence fence) {
    for (int i = 0; i < TRIES; i++) {
      try {
        return commits.add(fence).join();
      } catch (RejectedExecutionException full) {
        LockSupport.parkNanos(PAUSE_NANOS);
      } catch (CompletionException failure) {
        if (!Failures.isTransient(failure)) {
          throw failure;
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
    return false;
  }

  @Override
  public void close() {
    commits.close();
  }

  private static List<Boolean> mark(Claims claims, List<Fence> fences) {
    var marked = claims.markSending(fences);
    return fences.stream().map(fence -> marked.contains(fence.id())).toList();
  }
}
