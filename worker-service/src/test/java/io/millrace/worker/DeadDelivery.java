package io.millrace.worker;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.db.sql.Database;
import io.millrace.db.webhook.AttemptRecord;
import io.millrace.db.webhook.AttemptRecord.Call;
import io.millrace.db.webhook.AttemptRecord.Effect;
import io.millrace.db.webhook.AttemptRecord.Strain;
import io.millrace.db.webhook.ClaimedDelivery;
import io.millrace.db.webhook.Deliveries;
import io.millrace.delivery.DeliveryError;
import io.millrace.job.JobId;
import io.millrace.testkit.Receiver;
import io.millrace.webhook.sign.SignedMessage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A delivery in the hands of a process that dies between two steps of it, played by hand as {@link
 * Deceased} plays a job.
 */
final class DeadDelivery {

  /** What the dead process sent, unlike anything that a living one would render. */
  static final String BODY = "{\"from\":\"the dead\"}";

  private static final Duration LEASE = Duration.ofSeconds(3);

  /** What its process did last, and how many requests for it the receiver had by then. */
  enum LastStep {
    COMMITTED(0),
    CLAIMED(0),
    SENT(1),
    FAILURE_RECORDED(1),
    RECORDED(1);

    private final int sent;

    LastStep(int sent) {
      this.sent = sent;
    }

    int sent() {
      return sent;
    }

    DeadDelivery of(DeadDelivery it) {
      return switch (this) {
        case COMMITTED -> it;
        case CLAIMED -> it.claims();
        case SENT -> CLAIMED.of(it).sends();
        case FAILURE_RECORDED -> SENT.of(it).recordsFailure();
        case RECORDED -> SENT.of(it).records();
      };
    }
  }

  private final UUID worker = UUID.randomUUID();
  private final Deliveries deliveries;
  private final JobId job;
  private @Nullable ClaimedDelivery claimed;

  DeadDelivery(Database database, JobId job) {
    this.deliveries = new Deliveries(database, Duration.ofDays(5));
    this.job = job;
  }

  JobId job() {
    return job;
  }

  /** The late word of a process that was only thought to be dead: whether anybody listens. */
  boolean recordsLate() {
    return record(new Effect.Delivered(), null);
  }

  private DeadDelivery claims() {
    claimed =
        deliveries.claim(worker, 1, 100, LEASE).stream()
            .filter(delivery -> job.equals(delivery.jobId()))
            .findFirst()
            .orElseThrow();
    return this;
  }

  private DeadDelivery sends() {
    try (var http = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create(Objects.requireNonNull(held().url())))
              .header(SignedMessage.ID, held().id().toString())
              .POST(BodyPublishers.ofString(BODY))
              .build();
      http.send(request, BodyHandlers.discarding());
      return this;
    } catch (IOException failure) {
      throw new AssertionError(failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }

  private DeadDelivery recordsFailure() {
    record(new Effect.Retry(Duration.ofSeconds(1), Strain.NONE), DeliveryError.HTTP_STATUS);
    return this;
  }

  private DeadDelivery records() {
    record(new Effect.Delivered(), null);
    return this;
  }

  private boolean record(Effect effect, @Nullable DeliveryError error) {
    var now = Instant.now();
    var call = new Call(now, now, error == null ? 200 : 500, error, null);
    byte[] kept = error == null ? null : BODY.getBytes(UTF_8);
    return deliveries
        .record(List.of(new AttemptRecord(worker, held(), call, kept, effect)))
        .getFirst();
  }

  private ClaimedDelivery held() {
    return Objects.requireNonNull(claimed);
  }

  /** Where the receiver gets what is told of such a delivery. */
  static String url(Receiver receiver, LastStep step) {
    return receiver.url(path(step)).toString();
  }

  static String path(LastStep step) {
    return "/delivery/" + step;
  }
}
