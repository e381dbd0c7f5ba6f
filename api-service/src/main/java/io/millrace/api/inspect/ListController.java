package io.millrace.api.inspect;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.access.Caller;
import io.millrace.api.filter.FilterFields;
import io.millrace.api.inspect.FindJobs.Page;
import io.millrace.api.patience.Patience;
import io.millrace.api.problem.CutShort;
import io.millrace.db.job.JobFilter;
import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews.Sized;
import io.millrace.job.JobId;
import io.millrace.wire.JobJson;
import io.millrace.wire.Waiting;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Lists a tenant's jobs by page, the newest first. */
@RestController
final class ListController {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final FindJobs jobs;
  private final ExplainWait explain;
  private final HandOver handOver;

  ListController(FindJobs jobs, ExplainWait explain, HandOver handOver) {
    this.handOver = handOver;
    this.jobs = jobs;
    this.explain = explain;
  }

  @GetMapping("/v1/jobs")
  void list(HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    int tenant = Caller.tenantId(request);
    JobFilter filter = FilterFields.ofQuery(tenant, request);
    Paging<JobId> paging = Paging.of(request, JobId::parse, "a job");
    boolean withResults = includesResult(request.getParameterValues("include"));
    Page page = jobs.page(filter, paging);
    Map<JobId, Waiting> waiting =
        Patience.within(
            PATIENCE, () -> explain.several(tenant, page.jobs().stream().map(Sized::job).toList()));
    response.setContentType("application/json");
    OutputStream out = response.getOutputStream();
    var list = new ListJson(out);
    var handing = handOver.begin(request);
    if (withResults) {
      try {
        jobs.withResults(
            page.jobs(),
            job -> {
              list.item(JobJson.write(job, of(waiting, job)));
              handing.with(job);
            });
      } catch (RuntimeException failure) {
        if (response.isCommitted()) {
          throw CutShort.by(failure, response, out, false);
        }
        throw failure;
      }
    } else {
      for (Sized job : page.jobs()) {
        list.item(JobJson.withoutResult(job.job(), of(waiting, job.job())));
      }
    }
    list.end(page.hasMore(), text(page.first()), text(page.last()));
    handing.complete(response);
  }

  private static Waiting of(Map<JobId, Waiting> waiting, JobView job) {
    return waiting.getOrDefault(job.id(), Waiting.NONE);
  }

  private static boolean includesResult(String @Nullable [] include) {
    if (include == null) {
      return false;
    }
    if (!Arrays.stream(include).allMatch("result"::equals)) {
      throw refused("include", "Input should be 'result'");
    }
    return true;
  }

  private static @Nullable String text(@Nullable JobId id) {
    return id == null ? null : id.toString();
  }
}
