package io.millrace.api.control;

import io.millrace.api.access.Caller;
import io.millrace.api.control.ControlMatching.Progress;
import io.millrace.api.control.ControlMatching.Request;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.wire.JsonWriter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.util.EnumSet;
import java.util.Set;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Cancels or replays all jobs of a filter, as many as a few seconds allow. */
@RestController
final class MatchingController {

  private static final Set<JobState> ENDED_UNDONE =
      EnumSet.of(JobState.FAILED, JobState.EXPIRED, JobState.CANCELED);

  /** What somebody canceled is not brought back by a filter that does not say so. */
  private static final Set<JobState> ENDED_UNWANTED = EnumSet.of(JobState.FAILED, JobState.EXPIRED);

  private final ControlMatching jobs;
  private final Clock clock;

  MatchingController(ControlMatching jobs, Clock clock) {
    this.jobs = jobs;
    this.clock = clock;
  }

  @PostMapping("/v1/jobs/cancel")
  void cancel(HttpServletRequest request, HttpServletResponse response) throws IOException {
    var fields = MatchingFields.read(Caller.tenantId(request), request, ReplayFields.none());
    answer("job_cancellation", "canceled", "requested", fields, jobs.cancel(of(fields)), response);
  }

  @PostMapping("/v1/jobs/replay")
  void replay(HttpServletRequest request, HttpServletResponse response) throws IOException {
    var terms = ReplayFields.at(clock.instant());
    var fields = MatchingFields.read(Caller.tenantId(request), request, terms);
    var states = fields.namesStates() ? ENDED_UNDONE : ENDED_UNWANTED;
    Progress progress = jobs.replay(of(fields), states, terms.terms());
    answer("job_replay", "replayed", "skipped", fields, progress, response);
  }

  private static Request of(MatchingFields fields) {
    return new Request(fields.filter(), fields.after(), fields.dryRun());
  }

  private static void answer(
      String type,
      String done,
      String other,
      MatchingFields fields,
      Progress progress,
      HttpServletResponse response)
      throws IOException {
    JobId last = progress.last();
    byte[] body =
        new JsonWriter()
            .text("type", type)
            .bool("dry_run", fields.dryRun())
            .number(done, progress.tally().done())
            .number(other, progress.tally().other())
            .bool("has_more", last != null)
            .text("last_id", last == null ? null : last.toString())
            .finish();
    ControlController.write(body, response);
  }
}
