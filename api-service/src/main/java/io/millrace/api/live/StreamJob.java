package io.millrace.api.live;

import io.millrace.api.live.LiveStream.Ending;
import io.millrace.api.patience.Batches;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.job.JobChange;
import io.millrace.db.job.JobChanges;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Streams one job's states, from the one that it is in to its end. */
final class StreamJob {

  private static final int AT_ONCE = 2;

  private final LiveStreams streams;
  private final Batches<JobId, JobChange> jobs;
  private final StreamMeters meters;
  private final Duration keepAlive;

  StreamJob(LiveStreams streams, JobChanges changes, StreamMeters meters, Duration keepAlive) {
    this.streams = streams;
    this.jobs =
        new Batches<>(
            AT_ONCE,
            ids ->
                changes.of(ids).stream()
                    .collect(Collectors.toMap(JobChange::id, Function.identity())));
    this.meters = meters;
    this.keepAlive = keepAlive;
  }

  /** The job as it is; refused with 404 where that tenant has none of that id. */
  JobChange find(int tenantId, String id) throws InterruptedException {
    JobId jobId = JobId.parse(id).orElseThrow(StreamJob::unknown);
    return jobs.find(jobId)
        .filter(job -> job.tenantId() == tenantId)
        .orElseThrow(StreamJob::unknown);
  }

  void run(
      int tenantId,
      String id,
      @Nullable String lastEventId,
      HttpServletResponse response,
      Life life)
      throws IOException, InterruptedException {
    JobId jobId = JobId.parse(id).orElseThrow(StreamJob::unknown);
    LiveStream stream = streams.watch(jobId);
    try {
      var first = LiveEvent.of(find(tenantId, id));
      boolean seen = lastEventId != null && lastEventId.equals(first.id());
      if (seen && first.isFinal()) {
        // Tells a browser that there is nothing to come back for.
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
        return;
      }
      var output = EventOutput.begin(response, meters, null);
      if (!seen) {
        output.send(List.of(first));
      }
      if (!first.isFinal()) {
        follow(stream, first, output, life);
      }
    } finally {
      streams.leave(jobId, stream);
    }
  }

  private void follow(LiveStream stream, LiveEvent first, EventOutput output, Life life)
      throws IOException, InterruptedException {
    long place = place(first);
    while (true) {
      List<LiveEvent> events = stream.next(keepAlive);
      Ending over = life.over();
      if (over != null) {
        stream.end(over);
      }
      Ending ending = stream.ending();
      if (ending != null) {
        output.end(ending);
        return;
      }
      if (events.isEmpty()) {
        output.keepAlive(null);
      }
      for (LiveEvent event : events) {
        if (place(event) > place || event.isFinal()) {
          place = place(event);
          output.send(List.of(event));
        }
        if (event.isFinal()) {
          return;
        }
      }
    }
  }

  /** Grows with each state on the way to the end: a claim's number is its own and later ones'. */
  private static long place(LiveEvent event) {
    return event.job().claimNo() * 2L + (event.state() == JobState.RUNNING ? 0 : 1);
  }

  private static Refused unknown() {
    return new Refused(Problem.notFound("There is no such job"));
  }
}
