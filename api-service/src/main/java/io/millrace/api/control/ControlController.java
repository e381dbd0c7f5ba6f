package io.millrace.api.control;

import io.millrace.api.access.Caller;
import io.millrace.api.fields.SmallBody;
import io.millrace.db.job.JobView;
import io.millrace.job.JobId;
import io.millrace.wire.JobJson;
import io.millrace.wire.JsonWriter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.util.Set;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Cancels, replays or deletes one job. */
@RestController
final class ControlController {

  private final ControlJobs jobs;
  private final Clock clock;

  ControlController(ControlJobs jobs, Clock clock) {
    this.jobs = jobs;
    this.clock = clock;
  }

  @PostMapping("/v1/jobs/{id}/cancel")
  void cancel(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    int tenant = Caller.tenantId(request);
    JobId job = parse(id);
    SmallBody.read(request, Set.of(), (name, json) -> {});
    answer(jobs.cancel(tenant, job), response);
  }

  @PostMapping("/v1/jobs/{id}/replay")
  void replay(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    int tenant = Caller.tenantId(request);
    JobId job = parse(id);
    var terms = ReplayFields.at(clock.instant());
    SmallBody.read(request, terms.names(), terms::field);
    answer(jobs.replay(tenant, job, terms.terms()), response);
  }

  @DeleteMapping("/v1/jobs/{id}")
  void delete(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    JobId job = parse(id);
    jobs.delete(Caller.tenantId(request), job);
    write(
        new JsonWriter().text("id", job.toString()).text("type", "job_deleted").finish(), response);
  }

  private static JobId parse(String id) {
    return JobId.parse(id).orElseThrow(ControlJobs::unknown);
  }

  private void answer(JobView job, HttpServletResponse response) throws IOException {
    write(JobJson.write(job, clock.instant()), response);
  }

  static void write(byte[] body, HttpServletResponse response) throws IOException {
    response.setContentType("application/json");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }
}
