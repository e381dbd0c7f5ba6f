package io.millrace.api.inspect;

import io.millrace.api.patience.Patience;
import io.millrace.db.job.JobFilter;
import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.JobViews.Sized;
import io.millrace.db.job.JobWalk;
import io.millrace.db.job.JobWalk.Direction;
import io.millrace.db.job.JobWalk.Found;
import io.millrace.job.JobId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the jobs of a filter and brings their results, never more of these at once than fits. No
 * connection to the database is held between one call and the next.
 */
public final class FindJobs {

  /** Results that are in memory together; a single longer one is so alone. */
  private static final int BYTES = 1 << 20;

  private static final Duration SEARCH = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int STRETCH = 500;

  private final JobWalk walk;
  private final JobViews views;

  FindJobs(JobWalk walk, JobViews views) {
    this.walk = walk;
    this.views = views;
  }

  /**
   * A page, newest first.
   *
   * @param first the cursor towards newer jobs
   * @param last the cursor towards older ones
   */
  record Page(List<Sized> jobs, boolean hasMore, @Nullable JobId first, @Nullable JobId last) {}

  /** A stretch of a walk through many jobs. */
  record Stretch(List<Sized> jobs, @Nullable JobId reached) {}

  /** Takes one job. */
  public interface Sink {
    void take(JobView job) throws IOException;
  }

  /**
   * The page; where a search took too long it ends early, has more, and its cursor says how far the
   * search came.
   */
  Page page(JobFilter filter, Paging<JobId> paging) throws InterruptedException {
    return Patience.within(PATIENCE, () -> search(filter, paging));
  }

  private Page search(JobFilter filter, Paging<JobId> paging) {
    Found found =
        walk.next(
            filter,
            paging.isTowardsOlder() ? Direction.NEWEST_FIRST : Direction.OLDEST_FIRST,
            paging.from(),
            paging.limit() + 1,
            SEARCH);
    var cut = paging.cut(found.ids(), found.reached());
    return new Page(views.find(filter, cut.ids()), cut.hasMore(), cut.first(), cut.last());
  }

  /** Those of these jobs that meet the filter. */
  public List<Sized> these(JobFilter filter, List<JobId> ids) {
    return views.find(filter, ids);
  }

  /** The next jobs after {@code from}, oldest first; perhaps none although there are more. */
  Stretch stretch(JobFilter filter, @Nullable JobId from) {
    Found found = walk.next(filter, Direction.OLDEST_FIRST, from, STRETCH, SEARCH);
    return new Stretch(views.find(filter, found.ids()), found.reached());
  }

  /** Gives each job with its result to {@code sink}, in their order. */
  public void withResults(List<Sized> jobs, Sink sink) throws IOException {
    List<Sized> group = new ArrayList<>();
    long bytes = 0;
    for (Sized job : jobs) {
      if (bytes + job.bodyBytes() > BYTES && !group.isEmpty()) {
        bring(group, sink);
        group.clear();
        bytes = 0;
      }
      group.add(job);
      bytes += job.bodyBytes();
    }
    bring(group, sink);
  }

  private void bring(List<Sized> group, Sink sink) throws IOException {
    Map<JobId, byte[]> bodies =
        views.bodies(group.stream().filter(job -> job.bodyBytes() > 0).map(Sized::job).toList());
    for (Sized sized : group) {
      sink.take(sized.job().withBody(bodies.get(sized.job().id())));
    }
  }
}
