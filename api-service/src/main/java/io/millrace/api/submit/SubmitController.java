package io.millrace.api.submit;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.access.Caller;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.api.submit.SubmitJob.Accepted;
import io.millrace.claude.trace.TraceParent;
import io.millrace.claude.trace.Traces;
import io.millrace.db.job.NewJob;
import io.millrace.wire.JobJson;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Takes one job in. */
@RestController
final class SubmitController {

  private static final String PATH = "/v1/jobs";

  private final SubmitJob submitJob;
  private final SubmissionParser parser;
  private final NewJobs newJobs;
  private final Semaphore memory;
  private final Clock clock;
  private final IntakeTimer timer;
  private final Traces traces;

  SubmitController(
      SubmitJob submitJob,
      NewJobs newJobs,
      SubmissionParser parser,
      Semaphore memory,
      Clock clock,
      IntakeTimer timer,
      Traces traces) {
    this.timer = timer;
    this.traces = traces;
    this.submitJob = submitJob;
    this.parser = parser;
    this.newJobs = newJobs;
    this.memory = memory;
    this.clock = clock;
  }

  @PostMapping(PATH)
  void submit(HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    String caller = TraceParent.of(request.getHeader("traceparent"));
    try (var step = traces.serve("submit", caller)) {
      step.put("http.request.method", "POST").put("http.route", PATH);
      String traceParent = step.traceParent();
      try {
        var accepted = take(request, response, traceParent == null ? caller : traceParent);
        SubmitTrace.accepted(step, accepted);
      } catch (Refused refused) {
        SubmitTrace.refused(step, refused.problem());
        throw refused;
      } catch (IOException | InterruptedException | RuntimeException | Error failure) {
        step.fail("api_error");
        throw failure;
      }
    }
  }

  private Accepted take(
      HttpServletRequest request, HttpServletResponse response, @Nullable String traceParent)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    int tenant = Caller.tenantId(request);
    checkForm(request);
    NewJob.@Nullable IdempotencyKey key = null;
    try (Body body = Body.read(request, memory)) {
      key = IdempotencyHeader.of(request, PATH, body.bytes());
      Submission submission = parser.parse(body.bytes());
      Accepted accepted =
          submitJob.submit(newJobs.of(tenant, submission, request, key, traceParent));
      timer.record(submission.lane(), System.nanoTime() - start);
      newJobs
          .retirement(submission)
          .ifPresent(near -> response.setHeader("millrace-warning", near.warning()));
      answer(accepted, response);
      return accepted;
    }
  }

  private void answer(Accepted accepted, HttpServletResponse response) throws IOException {
    byte[] body = JobJson.write(accepted.job(), clock.instant());
    response.setStatus(HttpServletResponse.SC_ACCEPTED);
    response.setHeader("location", PATH + "/" + accepted.job().id());
    if (accepted.replayed()) {
      response.setHeader("idempotent-replayed", "true");
    }
    response.setContentType("application/json");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  /** As the Claude API does it: what a request is not, it is not with a 400. */
  private static void checkForm(HttpServletRequest request) {
    String type = request.getContentType();
    if (type == null || !isJson(type)) {
      throw refused("content-type", "Input should be application/json");
    }
    String encoding = request.getHeader("content-encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw new Refused(
          Problem.invalidRequest("content-encoding: Bodies are taken as they are, not compressed"));
    }
  }

  private static boolean isJson(String contentType) {
    String[] parts = contentType.toLowerCase(Locale.ROOT).split(";", -1);
    boolean json = parts[0].strip().equals("application/json");
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip().replace("\"", "");
      json &=
          !parameter.startsWith("charset=")
              || parameter.equals("charset=utf-8")
              || parameter.equals("charset=utf8");
    }
    return json;
  }
}
