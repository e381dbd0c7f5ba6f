package io.millrace.api.control;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.api.submit.ReadySignal;
import io.millrace.api.wake.Waiters;
import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.TenantJobs;
import io.millrace.db.job.TenantJobs.Moved;
import io.millrace.db.job.TenantJobs.ReplayTerms;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import java.util.Collection;
import java.util.List;

/** Does to jobs what their callers ask, and tells those who wait for one and the dispatcher. */
final class ControlJobs {

  private final TenantJobs jobs;
  private final JobViews views;
  private final Waiters waiters;
  private final ReadySignal ready;

  ControlJobs(TenantJobs jobs, JobViews views, Waiters waiters, ReadySignal ready) {
    this.jobs = jobs;
    this.views = views;
    this.waiters = waiters;
    this.ready = ready;
  }

  /** The job after it was canceled, or asked to stop, or as it had ended before. */
  JobView cancel(int tenant, JobId id) {
    cancel(tenant, List.of(id));
    return find(tenant, id);
  }

  List<Moved> cancel(int tenant, Collection<JobId> ids) {
    List<Moved> moved = jobs.cancel(tenant, ids);
    for (Moved job : moved) {
      if (job.state() == JobState.CANCELED) {
        waiters.wake(job.id());
      }
    }
    return moved;
  }

  /** The job, queued again. */
  JobView replay(int tenant, JobId id, ReplayTerms terms) {
    if (replay(tenant, List.of(id), terms).isEmpty()) {
      throw new Refused(notReplayed(tenant, id));
    }
    return find(tenant, id);
  }

  List<Moved> replay(int tenant, Collection<JobId> ids, ReplayTerms terms) {
    List<Moved> moved = jobs.replay(tenant, ids, terms);
    if (!moved.isEmpty()) {
      ready.raise();
    }
    return moved;
  }

  void delete(int tenant, JobId id) {
    if (!jobs.delete(tenant, id)) {
      JobState state = jobs.state(tenant, id).orElseThrow(ControlJobs::unknown);
      throw new Refused(
          Problem.conflict(
              state.isFinal()
                  ? "The job ended at this very moment; ask again"
                  : "The job is %s: only a job that has ended can be deleted; cancel it first"
                      .formatted(state.wireName())));
    }
  }

  /** The same for a job that never was and one of somebody else. */
  static Refused unknown() {
    return new Refused(Problem.notFound("There is no such job"));
  }

  private JobView find(int tenant, JobId id) {
    return views.find(tenant, id).orElseThrow(ControlJobs::unknown);
  }

  private Problem notReplayed(int tenant, JobId id) {
    JobState state = jobs.state(tenant, id).orElseThrow(ControlJobs::unknown);
    return Problem.conflict(
        switch (state) {
          case SUCCEEDED -> "The job succeeded; only a failed, expired or canceled job is replayed";
          case QUEUED, RUNNING ->
              "The job is %s already; only a failed, expired or canceled job is replayed"
                  .formatted(state.wireName());
          case FAILED, EXPIRED, CANCELED ->
              "The job's request was erased, so that it cannot be replayed; submit it anew";
        });
  }
}
