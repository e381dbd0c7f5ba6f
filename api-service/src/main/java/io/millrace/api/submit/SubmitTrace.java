package io.millrace.api.submit;

import io.millrace.api.problem.Problem;
import io.millrace.api.submit.SubmitJob.Accepted;
import io.millrace.claude.trace.Step;

/** What the span of a submission says. */
final class SubmitTrace {

  private SubmitTrace() {}

  static void accepted(Step step, Accepted accepted) {
    if (step.isRead()) {
      var job = accepted.job();
      step.put("http.response.status_code", 202)
          .put("millrace.job.id", job.id().toString())
          .put("millrace.job.lane", job.lane().wireName())
          .put("gen_ai.request.model", job.model());
      if (accepted.replayed()) {
        step.put("millrace.submit.replayed", "true");
      }
    }
  }

  /** A fault of the caller's is no fault of the span's, as OpenTelemetry has it for servers. */
  static void refused(Step step, Problem problem) {
    step.put("http.response.status_code", problem.status());
    if (problem.status() >= 500) {
      step.fail(problem.type());
    }
  }
}
