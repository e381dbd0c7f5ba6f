package io.millrace.worker.deliver;

import io.millrace.db.job.JobFilter;
import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.JobViews.Sized;
import io.millrace.db.webhook.ClaimedDelivery;
import io.millrace.delivery.DeliveryId;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.wire.JobJson;
import io.millrace.wire.JsonWriter;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes what is sent of jobs' ends: the job as its caller would be shown it. A result that would
 * make a message large stays where it is, and the message says where that is; so it is of a job
 * that has been replayed since, of which only the end is told.
 */
final class RenderBodies {

  /** Receivers expect about so many bytes at most. */
  static final int LARGEST = 20_000;

  private final JobViews jobs;
  private final Clock clock;
  private final String publicUrl;

  /**
   * @param publicUrl in front of the paths of links; empty where nobody said which it is
   */
  RenderBodies(JobViews jobs, Clock clock, String publicUrl) {
    this.jobs = jobs;
    this.clock = clock;
    this.publicUrl =
        publicUrl.endsWith("/") ? publicUrl.substring(0, publicUrl.length() - 1) : publicUrl;
  }

  /**
   * The bodies of these deliveries of one tenant: those that are written already as they are. One
   * whose job is gone has none.
   */
  Map<DeliveryId, byte[]> of(int tenantId, List<ClaimedDelivery> deliveries) {
    List<JobId> ids =
        deliveries.stream()
            .filter(delivery -> delivery.body() == null && delivery.jobId() != null)
            .map(delivery -> Objects.requireNonNull(delivery.jobId()))
            .distinct()
            .sorted()
            .toList();
    Map<JobId, Sized> found =
        jobs.find(JobFilter.of(tenantId), ids).stream()
            .collect(Collectors.toMap(sized -> sized.job().id(), Function.identity()));
    Map<JobId, byte[]> results =
        jobs.bodies(
            found.values().stream()
                .filter(sized -> sized.bodyBytes() > 0 && sized.bodyBytes() <= LARGEST)
                .map(Sized::job)
                .toList());
    Map<DeliveryId, byte[]> bodies = new HashMap<>();
    for (ClaimedDelivery delivery : deliveries) {
      byte[] stored = delivery.body();
      var job = delivery.jobId() == null ? null : found.get(delivery.jobId());
      if (stored != null) {
        bodies.put(delivery.id(), stored);
      } else if (job != null) {
        bodies.put(delivery.id(), body(delivery, job, results));
      }
    }
    return bodies;
  }

  private byte[] body(ClaimedDelivery delivery, Sized sized, Map<JobId, byte[]> results) {
    var ended = ended(delivery);
    if (ended.isPresent() && !delivery.occurredAt().equals(sized.job().finishedAt())) {
      return event(
          delivery, withoutResult(sized.job().asItEnded(ended.get(), delivery.occurredAt())));
    }
    if (sized.bodyBytes() <= LARGEST) {
      var job = sized.job().withBody(results.get(sized.job().id()));
      byte[] body = event(delivery, JobJson.write(job, clock.instant()));
      if (body.length <= LARGEST) {
        return body;
      }
    }
    return event(delivery, withoutResult(sized.job()));
  }

  /** How the job ended of whose end this tells. */
  private static Optional<JobState> ended(ClaimedDelivery delivery) {
    return Stream.of(JobState.values())
        .filter(state -> delivery.eventType().equals("job." + state.wireName()))
        .findFirst();
  }

  private byte[] withoutResult(JobView job) {
    return JobJson.omittingResult(job, clock.instant(), publicUrl + "/v1/jobs/" + job.id());
  }

  private static byte[] event(ClaimedDelivery delivery, byte[] data) {
    return new JsonWriter()
        .text("type", delivery.eventType())
        .time("timestamp", delivery.occurredAt())
        .raw("data", data)
        .finish();
  }
}
