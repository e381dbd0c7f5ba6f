package io.millrace.api.inspect;

import io.millrace.api.access.Caller;
import io.millrace.api.patience.Patience;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.job.AttemptView;
import io.millrace.db.job.AttemptViews;
import io.millrace.job.JobId;
import io.millrace.wire.JsonWriter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** Lists the calls that were made for a job, over all its series, the latest first. */
@RestController
final class AttemptsController {

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final String PREFIX = "attempt_";

  private final AttemptViews attempts;

  AttemptsController(AttemptViews attempts) {
    this.attempts = attempts;
  }

  @GetMapping("/v1/jobs/{id}/attempts")
  void attempts(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    int tenant = Caller.tenantId(request);
    Paging<Integer> paging = Paging.of(request, AttemptsController::number, "an attempt");
    JobId job = JobId.parse(id).orElseThrow(AttemptsController::unknown);
    List<AttemptView> found =
        Patience.within(
                PATIENCE,
                () ->
                    attempts.find(tenant, job, paging.after(), paging.before(), paging.limit() + 1))
            .orElseThrow(AttemptsController::unknown);
    boolean more = found.size() > paging.limit();
    List<AttemptView> page = found;
    if (more) {
      page =
          paging.before() == null
              ? found.subList(0, paging.limit())
              : found.subList(1, found.size());
    }
    response.setContentType("application/json");
    var list = new ListJson(response.getOutputStream());
    for (AttemptView attempt : page) {
      list.item(json(job, attempt));
    }
    list.end(
        more,
        page.isEmpty() ? null : PREFIX + page.getFirst().no(),
        page.isEmpty() ? null : PREFIX + page.getLast().no());
  }

  private static byte[] json(JobId job, AttemptView attempt) {
    var json =
        new JsonWriter()
            .text("id", PREFIX + attempt.no())
            .text("type", "attempt")
            .text("job_id", job.toString())
            .number("number", attempt.no())
            .number("series", attempt.series())
            .text("outcome", attempt.outcome())
            .text("code", attempt.code())
            .text("message", attempt.message());
    if (attempt.httpStatus() == null) {
      json.text("http_status", null);
    } else {
      json.number("http_status", attempt.httpStatus());
    }
    json.text("provider_request_id", attempt.providerRequestId())
        .text("model", attempt.model())
        .text("worker", attempt.workerId().toString())
        .text("provider_batch_id", attempt.providerBatch())
        .time("started_at", attempt.startedAt())
        .time("first_byte_at", attempt.firstByteAt())
        .time("finished_at", attempt.finishedAt())
        .raw("presumed", json(attempt.presumed()))
        .raw("fenced_out", json(attempt.fencedOut()));
    if (attempt.usage() == null) {
      json.text("usage", null);
    } else {
      json.raw("usage", attempt.usage().getBytes(StandardCharsets.UTF_8));
    }
    return json.object("cost")
        .text("currency", "USD")
        .money("amount", attempt.cost())
        .money("suspected", attempt.suspectedCost())
        .end()
        .finish();
  }

  private static byte[] json(boolean value) {
    return Boolean.toString(value).getBytes(StandardCharsets.US_ASCII);
  }

  private static Optional<Integer> number(String id) {
    return id.matches(PREFIX + "[0-9]{1,9}")
        ? Optional.of(Integer.parseInt(id.substring(PREFIX.length())))
        : Optional.empty();
  }

  private static Refused unknown() {
    return new Refused(Problem.notFound("There is no such job"));
  }
}
