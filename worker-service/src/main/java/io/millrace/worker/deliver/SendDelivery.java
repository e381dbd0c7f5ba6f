package io.millrace.worker.deliver;

import io.millrace.db.webhook.AttemptRecord;
import io.millrace.db.webhook.AttemptRecord.Call;
import io.millrace.db.webhook.AttemptRecord.Effect;
import io.millrace.db.webhook.AttemptRecord.Effect.Dropped;
import io.millrace.db.webhook.AttemptRecord.Effect.GivenBack;
import io.millrace.db.webhook.ClaimedDelivery;
import io.millrace.delivery.DeliveryError;
import io.millrace.webhook.sign.SignedMessage;
import io.millrace.webhook.sign.SigningKey;
import io.millrace.worker.deliver.Deliver.Claim;
import io.millrace.worker.deliver.Reply.Answered;
import io.millrace.worker.deliver.Reply.Unanswered;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes one attempt for a delivery, and records what it came to. */
final class SendDelivery implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(SendDelivery.class);

  private final WebhookClient client;
  private final Judge judge;
  private final RecordAttempts recorder;
  private final DeliveryMeters meters;
  private final Times times;
  private volatile boolean stopping;

  /**
   * What time it is.
   *
   * @param timeout of one attempt
   */
  record Times(Clock clock, LongSupplier nanoTime, RandomGenerator random, Duration timeout) {

    /** What a claim needs beside its attempt: to render, to wait for a turn, to record. */
    private static final Duration AROUND = Duration.ofSeconds(15);

    Duration lease() {
      return timeout.plus(AROUND);
    }
  }

  /**
   * What is about to be sent.
   *
   * @param body null where the job that it tells of is gone
   * @param keys none where its endpoint is gone
   */
  record Prepared(
      Claim claim, ClaimedDelivery delivery, byte @Nullable [] body, List<SigningKey> keys) {

    UUID worker() {
      return claim.worker();
    }
  }

  SendDelivery(
      WebhookClient client,
      Judge judge,
      RecordAttempts recorder,
      DeliveryMeters meters,
      Times times) {
    this.client = client;
    this.judge = judge;
    this.recorder = recorder;
    this.meters = meters;
    this.times = times;
  }

  /** How long a claim is to last. */
  Duration lease() {
    return times.lease();
  }

  boolean isStopping() {
    return stopping;
  }

  void stopBeginning() {
    stopping = true;
  }

  void cut() {
    client.stop();
  }

  /** Whatever is still to be recorded is recorded first. */
  @Override
  public void close() {
    recorder.close();
    client.close();
  }

  /** Makes the attempt, unless there is nothing to send, nobody to send it to or no time left. */
  void deliver(Prepared prepared) {
    var delivery = prepared.delivery();
    long left = prepared.claim().until() - times.nanoTime().getAsLong();
    if (stopping || left < times.timeout().toNanos()) {
      record(new AttemptRecord(prepared.worker(), delivery, null, null, new GivenBack()), null);
    } else if (delivery.url() == null || prepared.keys().isEmpty()) {
      drop(prepared, DeliveryError.ENDPOINT_DELETED);
    } else if (prepared.body() == null) {
      drop(prepared, DeliveryError.JOB_DELETED);
    } else {
      attempt(prepared, delivery.url(), prepared.body());
    }
  }

  private void drop(Prepared prepared, DeliveryError why) {
    record(
        new AttemptRecord(prepared.worker(), prepared.delivery(), null, null, new Dropped(why)),
        why);
  }

  private void attempt(Prepared prepared, String url, byte[] body) {
    var delivery = prepared.delivery();
    Instant startedAt = times.clock().instant();
    Reply reply;
    byte[] sent = body;
    try {
      var message = SignedMessage.of(prepared.keys(), delivery.id().toString(), startedAt, body);
      sent = message.body();
      if (delivery.attempts() == 0) {
        meters.started(
            delivery
                .age()
                .plusNanos(Math.max(0, times.nanoTime().getAsLong() - prepared.claim().since())));
      }
      reply = client.send(url, message);
    } catch (RuntimeException bug) {
      log.error("{} could not be sent; it will be tried again", delivery.id(), bug);
      reply = new Unanswered(DeliveryError.INTERNAL, null);
    }
    Instant finishedAt = times.clock().instant();
    var error = Judge.error(reply);
    var effect =
        judge.effect(
            reply, delivery.tries(), delivery.endpointId() != null, finishedAt, times.random());
    var call =
        effect instanceof GivenBack
            ? null
            : new Call(startedAt, finishedAt, status(reply), error, beginning(reply));
    byte[] kept = error == null || delivery.body() != null ? null : sent;
    record(new AttemptRecord(prepared.worker(), delivery, call, kept, effect), error);
  }

  private void record(AttemptRecord attempt, @Nullable DeliveryError error) {
    boolean recorded = recorder.record(attempt);
    meters.ended(attempt.effect(), error, recorded);
    if (recorded) {
      tell(attempt, attempt.effect());
    }
  }

  private static void tell(AttemptRecord attempt, Effect effect) {
    var delivery = attempt.delivery();
    if (effect instanceof Effect.Failed) {
      log.info(
          "{} failed for good after {} attempts; it can be replayed",
          delivery.id(),
          delivery.attempts() + 1);
    } else if (effect instanceof Effect.Gone) {
      log.info("{} was answered 410: its endpoint is disabled", delivery.id());
    }
  }

  private static @Nullable Integer status(Reply reply) {
    return switch (reply) {
      case Answered(int status, _, _) -> status;
      case Unanswered(_, var status) -> status;
      case Reply.Stopped _ -> null;
    };
  }

  private static @Nullable String beginning(Reply reply) {
    return reply instanceof Answered(_, var text, _) && !text.isEmpty() ? text : null;
  }
}
