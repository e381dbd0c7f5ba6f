package io.millrace.api.inspect;

import io.millrace.api.patience.Turnstile;
import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews;
import io.millrace.job.JobId;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;

/**
 * Reads jobs for those who waited for them and may all be woken at once: a few reads at a time, and
 * one for all who ask for the same job while it has not begun.
 */
final class ReadAwaited {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final JobViews jobs;
  private final Turnstile turnstile;
  private final ConcurrentMap<Asked, CompletableFuture<Optional<JobView>>> next =
      new ConcurrentHashMap<>();

  private record Asked(int tenantId, JobId id) {}

  ReadAwaited(JobViews jobs, Turnstile turnstile) {
    this.jobs = jobs;
    this.turnstile = turnstile;
  }

  /** The job as it is at some moment from now on, if that tenant has it. */
  Optional<JobView> find(int tenantId, JobId id) throws InterruptedException {
    var asked = new Asked(tenantId, id);
    var mine = new CompletableFuture<Optional<JobView>>();
    var others = next.putIfAbsent(asked, mine);
    if (others != null) {
      return join(others);
    }
    try {
      return turnstile.within(
          PATIENCE,
          () -> {
            // Who comes after this would see what was before it asked.
            next.remove(asked, mine);
            var found = jobs.find(tenantId, id);
            mine.complete(found);
            return found;
          });
    } catch (RuntimeException | InterruptedException failure) {
      next.remove(asked, mine);
      mine.completeExceptionally(failure);
      throw failure;
    }
  }

  private static Optional<JobView> join(CompletableFuture<Optional<JobView>> read)
      throws InterruptedException {
    try {
      return read.get();
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new CompletionException(failed.getCause());
    }
  }
}
