package io.millrace.api.inspect;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.access.Caller;
import io.millrace.api.filter.FilterFields;
import io.millrace.api.inspect.FindJobs.Stretch;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.job.JobFilter;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.wire.JobJson;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Streams what came of a tenant's jobs, a line for each that has ended, in the order of their ids,
 * the oldest first. A response that ends as a chunked body ends is whole; any other is broken off,
 * mostly with an error's envelope as its last line, and can be resumed behind the last job that
 * came.
 */
@RestController
final class ResultsController {

  private static final Set<JobState> ENDED =
      Arrays.stream(JobState.values())
          .filter(JobState::isFinal)
          .collect(Collectors.toCollection(() -> EnumSet.noneOf(JobState.class)));
  private static final int RETRY_AFTER_SECONDS = 5;

  private final FindJobs jobs;
  private final Semaphore streams;
  private final HandOver handOver;

  /** {@code streams} bounds how many there are at once: each holds results in memory. */
  ResultsController(FindJobs jobs, Semaphore streams, HandOver handOver) {
    this.handOver = handOver;
    this.jobs = jobs;
    this.streams = streams;
  }

  @GetMapping("/v1/jobs/results")
  void results(HttpServletRequest request, HttpServletResponse response) throws IOException {
    JobFilter filter = ended(FilterFields.ofQuery(Caller.tenantId(request), request));
    JobId after = Paging.cursor(request, "after_id", JobId::parse, "a job");
    if (request.getMethod().equals("HEAD")) {
      response.setContentType(ResultStream.TYPE);
      return;
    }
    if (!streams.tryAcquire()) {
      throw new Refused(
          Problem.overloaded("Too many results are being read at once", RETRY_AFTER_SECONDS));
    }
    try {
      // Before the head is out, so that a store that is away is a 503.
      Stretch first = jobs.stretch(filter, after);
      var stream = new ResultStream(request, response);
      var handing = handOver.begin(request);
      try {
        write(filter, first, stream, handing);
        stream.close();
      } catch (RuntimeException failure) {
        throw stream.cutShort(failure);
      }
      handing.complete(response);
    } finally {
      streams.release();
    }
  }

  private void write(JobFilter filter, Stretch first, OutputStream out, HandOver.Handing handing)
      throws IOException {
    Stretch stretch = first;
    while (true) {
      jobs.withResults(
          stretch.jobs(),
          job -> {
            out.write(JobJson.line(job));
            out.write('\n');
            handing.with(job);
          });
      if (stretch.reached() == null) {
        return;
      }
      stretch = jobs.stretch(filter, stretch.reached());
    }
  }

  private static JobFilter ended(JobFilter filter) {
    boolean named = filter.states().size() < JobState.values().length;
    if (named && !ENDED.containsAll(filter.states())) {
      throw refused(
          "status",
          "Input should be 'succeeded', 'failed', 'canceled' or 'expired': others have no result");
    }
    return filter.in(ENDED);
  }
}
