package io.millrace.api.bulk;

import io.millrace.api.access.Caller;
import io.millrace.api.inspect.FindJobs;
import io.millrace.api.inspect.HandOver;
import io.millrace.api.inspect.Paging;
import io.millrace.api.inspect.ResultStream;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.batch.BatchView;
import io.millrace.db.batch.BatchViews;
import io.millrace.db.job.BatchItems;
import io.millrace.db.job.JobChange.End;
import io.millrace.db.job.JobChanges;
import io.millrace.db.job.JobFilter;
import io.millrace.job.JobId;
import io.millrace.wire.JobJson;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/**
 * Streams what came of the items of a batch, a line each, in the order in which they ended. A
 * response that ends as a chunked body ends is whole; any other is broken off, mostly with an
 * error's envelope as its last line, and can be resumed behind the last line that came.
 */
@RestController
final class BatchResultsController {

  private static final int RETRY_AFTER_SECONDS = 5;
  private static final int PAGE = 500;

  private final BatchViews views;
  private final BatchItems items;
  private final FindJobs jobs;
  private final Semaphore streams;
  private final HandOver handOver;

  /** {@code streams} bounds how many there are at once: each holds results in memory. */
  BatchResultsController(
      BatchViews views, BatchItems items, FindJobs jobs, Semaphore streams, HandOver handOver) {
    this.views = views;
    this.items = items;
    this.jobs = jobs;
    this.streams = streams;
    this.handOver = handOver;
  }

  @GetMapping(CreateBatchController.PATH + "/{id}/results")
  void results(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    BatchView batch =
        BatchController.find(views, Caller.tenantId(request), BatchController.parse(id));
    ResultCursor after =
        Paging.cursor(request, "after", ResultCursor::parse, "a result: the cursor of its line");
    checkReadable(batch, isPartial(request.getParameter("partial")));
    if (request.getMethod().equals("HEAD")) {
      response.setContentType(ResultStream.TYPE);
      return;
    }
    if (!streams.tryAcquire()) {
      throw new Refused(
          Problem.overloaded("Too many results are being read at once", RETRY_AFTER_SECONDS));
    }
    try {
      End from = after == null ? JobChanges.before(Instant.EPOCH) : after.resume();
      // Before the head is out, so that a store that is away is a 503.
      List<End> first = items.endedAfter(batch.id(), from, PAGE);
      var stream = new ResultStream(request, response);
      var handing = handOver.begin(request);
      try {
        write(batch, first, stream, handing);
        stream.close();
      } catch (RuntimeException failure) {
        throw stream.cutShort(failure);
      }
      handing.complete(response);
    } finally {
      streams.release();
    }
  }

  private void write(BatchView batch, List<End> first, OutputStream out, HandOver.Handing handing)
      throws IOException {
    var filter = JobFilter.of(batch.tenantId());
    Instant firm = firm(batch);
    List<End> page = first;
    while (!page.isEmpty()) {
      Map<JobId, End> ends = page.stream().collect(Collectors.toMap(End::id, Function.identity()));
      jobs.withResults(
          jobs.these(filter, page.stream().map(End::id).toList()),
          job -> {
            if (job.state().isFinal()) {
              End end = Objects.requireNonNull(ends.get(job.id()));
              var cursor = new ResultCursor(end, !end.at().isAfter(firm));
              out.write(JobJson.itemLine(job, cursor.toString()));
              out.write('\n');
              handing.with(job);
            }
          });
      page = page.size() < PAGE ? List.of() : items.endedAfter(batch.id(), page.getLast(), PAGE);
    }
  }

  /** Up to when nothing can come any more that ended before. */
  private static Instant firm(BatchView batch) {
    return batch.endedAt() != null && batch.open() == 0 ? batch.readAt() : Instant.EPOCH;
  }

  private static void checkReadable(BatchView batch, boolean partial) {
    if (batch.archivedAt() != null) {
      throw new Refused(
          Problem.notFound("The results of the batch were kept for long enough and are gone"));
    }
    if (batch.endedAt() == null && !partial) {
      throw new Refused(
          Problem.invalidRequest(
              "The batch is still in progress: its results can be had as a whole once it has ended;"
                  + " ask with ?partial=true for those that there are so far"));
    }
  }

  private static boolean isPartial(@Nullable String partial) {
    return switch (partial) {
      case null -> false;
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new Refused(Problem.invalidRequest("partial: Input should be true or false"));
    };
  }
}
