package io.millrace.api.control;

import io.millrace.db.job.JobFilter;
import io.millrace.db.job.MatchingJobs;
import io.millrace.db.job.MatchingJobs.Match;
import io.millrace.db.job.TenantJobs.Moved;
import io.millrace.db.job.TenantJobs.ReplayTerms;
import io.millrace.db.sql.Failures;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/**
 * Does to all jobs of a filter what is asked, newest first, in short transactions between which
 * everybody else gets a turn, for a few seconds at most: no proxy gives up meanwhile, and whoever
 * asked goes on from where that ended. Doing it again does no harm.
 */
final class ControlMatching {

  private static final int STEP = 2_000;
  private static final int BATCH = 250;
  private static final int TRIES = 3;
  private static final Set<JobState> OPEN = EnumSet.of(JobState.QUEUED, JobState.RUNNING);

  private final ControlJobs jobs;
  private final MatchingJobs matching;
  private final Duration patience;
  private final LongSupplier nanoTime;

  ControlMatching(
      ControlJobs jobs, MatchingJobs matching, Duration patience, LongSupplier nanoTime) {
    this.jobs = jobs;
    this.matching = matching;
    this.patience = patience;
    this.nanoTime = nanoTime;
  }

  /** Which jobs, from where on, and whether only to count them. */
  record Request(JobFilter filter, @Nullable JobId after, boolean dryRun) {

    Request in(Set<JobState> states) {
      return new Request(filter.in(states), after, dryRun);
    }
  }

  /**
   * What was done to some jobs.
   *
   * @param done jobs that are now as was asked: canceled, or queued again
   * @param other jobs that are not yet, because they run, or never, because their request is gone
   */
  record Tally(long done, long other) {

    Tally plus(Tally more) {
      return new Tally(done + more.done, other + more.other);
    }
  }

  /** How far it came; {@code last} is where to go on, and null at the end. */
  record Progress(Tally tally, @Nullable JobId last) {}

  /** Ends queued jobs, and asks the workers of running ones to stop. */
  Progress cancel(Request request) {
    int tenant = request.filter().tenantId();
    return walk(
        request.in(OPEN),
        matches -> {
          var open = matches.stream().filter(match -> !match.cancelRequested()).toList();
          return request.dryRun()
              ? tally(open.stream().map(Match::state).toList(), JobState.QUEUED)
              : tally(
                  jobs.cancel(tenant, ids(open)).stream().map(Moved::state).toList(),
                  JobState.CANCELED);
        });
  }

  /** Queues jobs of those states again. */
  Progress replay(Request request, Set<JobState> states, ReplayTerms terms) {
    int tenant = request.filter().tenantId();
    return walk(
        request.in(states),
        matches -> {
          int done =
              request.dryRun() ? matches.size() : jobs.replay(tenant, ids(matches), terms).size();
          return new Tally(done, matches.size() - done);
        });
  }

  private Progress walk(Request request, Function<List<Match>, Tally> act) {
    long end = nanoTime.getAsLong() + patience.toNanos();
    var tally = new Tally(0, 0);
    JobId last = request.after();
    do {
      var from = last;
      var step = patiently(() -> matching.step(request.filter(), from, STEP));
      List<Match> matches = step.matches();
      for (int i = 0; i < matches.size(); i += BATCH) {
        var batch = matches.subList(i, Math.min(i + BATCH, matches.size()));
        tally = tally.plus(patiently(() -> act.apply(batch)));
        if (nanoTime.getAsLong() > end && i + BATCH < matches.size()) {
          return new Progress(tally, batch.getLast().id());
        }
      }
      last = step.last();
    } while (last != null && nanoTime.getAsLong() <= end);
    return new Progress(tally, last);
  }

  // A lost race is nothing to trouble the caller with, who would begin the same again.
  private static <T> T patiently(Supplier<T> statement) {
    for (int tries = 1; ; tries++) {
      try {
        return statement.get();
      } catch (DataAccessException failure) {
        if (tries == TRIES || !Failures.isTransient(failure) || Failures.isConnection(failure)) {
          throw failure;
        }
      }
    }
  }

  private static Tally tally(List<JobState> states, JobState done) {
    long count = states.stream().filter(state -> state == done).count();
    return new Tally(count, states.size() - count);
  }

  private static Collection<JobId> ids(List<Match> matches) {
    return matches.stream().map(Match::id).toList();
  }
}
