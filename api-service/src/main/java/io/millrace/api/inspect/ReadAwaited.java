package io.millrace.api.inspect;

import io.millrace.api.patience.Batches;
import io.millrace.db.job.JobFilter;
import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews.Sized;
import io.millrace.job.JobId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads jobs, with their results, for those who waited for them and may all be woken at once. */
final class ReadAwaited {

  private static final int AT_ONCE = 3;

  private final FindJobs jobs;
  private final Batches<Asked, JobView> batches = new Batches<>(AT_ONCE, this::read);

  private record Asked(int tenantId, JobId id) {}

  ReadAwaited(FindJobs jobs) {
    this.jobs = jobs;
  }

  /** The job as it is at some moment from now on, if that tenant has it. */
  Optional<JobView> find(int tenantId, JobId id) throws InterruptedException {
    return batches.find(new Asked(tenantId, id));
  }

  private Map<Asked, JobView> read(List<Asked> asked) {
    Map<Integer, List<JobId>> tenants = new HashMap<>();
    asked.forEach(
        each -> tenants.computeIfAbsent(each.tenantId(), id -> new ArrayList<>()).add(each.id()));
    Map<Asked, JobView> found = new HashMap<>();
    tenants.forEach((tenant, ids) -> {
      List<Sized> sized = jobs.these(JobFilter.of(tenant), ids);
      try {
        jobs.withResults(sized, job -> found.put(new Asked(tenant, job.id()), job));
      } catch (IOException impossible) {
        throw new UncheckedIOException(impossible);
      }
    });
    return found;
  }
}
