package io.millrace.api.inspect;

import io.millrace.api.access.Caller;
import io.millrace.api.patience.Patience;
import io.millrace.api.patience.Turnstile;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.api.wake.Waiters;
import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.wire.JobJson;
import io.millrace.wire.Waiting;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** Shows one job, at once or when it has ended. */
@RestController
final class InspectController {

  private static final int MAX_WAIT_SECONDS = 60;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final JobViews jobs;
  private final ReadAwaited awaited;
  private final Turnstile turnstile;
  private final Waiters waiters;
  private final ExplainWait explain;
  private final HandOver handOver;

  /** Those who waited and still wait go through {@code turnstile}: thousands may do so at once. */
  InspectController(
      JobViews jobs,
      ReadAwaited awaited,
      Turnstile turnstile,
      Waiters waiters,
      ExplainWait explain,
      HandOver handOver) {
    this.handOver = handOver;
    this.jobs = jobs;
    this.awaited = awaited;
    this.turnstile = turnstile;
    this.waiters = waiters;
    this.explain = explain;
  }

  @GetMapping("/v1/jobs/{id}")
  void job(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    int tenant = Caller.tenantId(request);
    Duration wait = wait(request.getParameter("wait"));
    JobId jobId = JobId.parse(id).orElseThrow(InspectController::unknown);
    JobView job = wait.isZero() ? find(tenant, jobId) : await(tenant, jobId, wait);
    byte[] body = JobJson.write(job, waiting(tenant, job, !wait.isZero()));
    response.setContentType("application/json");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
    var handing = handOver.begin(request);
    handing.with(job);
    handing.complete(response);
  }

  private Waiting waiting(int tenant, JobView job, boolean awaited) throws InterruptedException {
    if (job.state() != JobState.QUEUED) {
      return Waiting.NONE;
    }
    return awaited
        ? turnstile.within(PATIENCE, () -> explain.one(tenant, job))
        : Patience.within(PATIENCE, () -> explain.one(tenant, job));
  }

  private JobView await(int tenant, JobId id, Duration wait) throws InterruptedException {
    long deadline = System.nanoTime() + wait.toNanos();
    try (var waiter = waiters.register(id)) {
      JobView job = findAwaited(tenant, id);
      while (!job.state().isFinal()) {
        Duration left = Duration.ofNanos(deadline - System.nanoTime());
        boolean more = left.isPositive() && waiter.await(left);
        job = findAwaited(tenant, id);
        if (!more) {
          return job;
        }
      }
      return job;
    }
  }

  private JobView findAwaited(int tenant, JobId id) throws InterruptedException {
    return awaited.find(tenant, id).orElseThrow(InspectController::unknown);
  }

  private JobView find(int tenant, JobId id) throws InterruptedException {
    return Patience.within(PATIENCE, () -> jobs.find(tenant, id))
        .orElseThrow(InspectController::unknown);
  }

  /** The same for a job that never was, one of somebody else, and what is no id at all. */
  private static Refused unknown() {
    return new Refused(Problem.notFound("There is no such job"));
  }

  private static Duration wait(@Nullable String seconds) {
    if (seconds == null) {
      return Duration.ZERO;
    }
    if (seconds.matches("\\d{1,2}") && Integer.parseInt(seconds) <= MAX_WAIT_SECONDS) {
      return Duration.ofSeconds(Integer.parseInt(seconds));
    }
    throw new Refused(
        Problem.invalidRequest("wait: Input should be a number of seconds from 0 to 60"));
  }
}
