package io.millrace.api.wake;

import io.millrace.job.JobId;
import java.util.Collection;
import java.util.Set;

/** Tells which of some jobs have ended. */
@FunctionalInterface
interface FinishedJobs {
  Set<JobId> among(Collection<JobId> ids);
}
