package io.millrace.worker.deliver;

import io.millrace.db.webhook.AttemptRecord.Effect;
import io.millrace.db.webhook.AttemptRecord.Effect.Delivered;
import io.millrace.db.webhook.AttemptRecord.Effect.Failed;
import io.millrace.db.webhook.AttemptRecord.Effect.GivenBack;
import io.millrace.db.webhook.AttemptRecord.Effect.Gone;
import io.millrace.db.webhook.AttemptRecord.Effect.Retry;
import io.millrace.db.webhook.AttemptRecord.Strain;
import io.millrace.delivery.DeliveryError;
import io.millrace.worker.deliver.Reply.Answered;
import io.millrace.worker.deliver.Reply.Stopped;
import io.millrace.worker.deliver.Reply.Unanswered;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What becomes of a delivery, by what came of an attempt. Values in, value out. */
record Judge(List<Duration> schedule, double jitter) {

  private static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(24);

  /** For how long a destination that is to be left alone is left alone with everything. */
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private static final int GONE = 410;

  Judge {
    schedule = List.copyOf(schedule);
  }

  /** The error of an attempt; null for success. */
  static @Nullable DeliveryError error(Reply reply) {
    return switch (reply) {
      case Answered(int status, _, _) when status / 100 == 2 -> null;
      case Answered(int status, _, _) when status / 100 == 3 -> DeliveryError.REDIRECTED;
      case Answered(int status, _, _) when status == GONE -> DeliveryError.GONE;
      case Answered _ -> DeliveryError.HTTP_STATUS;
      case Unanswered(var error, _) -> error;
      case Stopped _ -> null;
    };
  }

  /**
   * What follows.
   *
   * @param tries attempts that the schedule counted before this one
   * @param registered whether it went to an endpoint, not to a job's own URL
   */
  Effect effect(Reply reply, int tries, boolean registered, Instant now, RandomGenerator random) {
    if (reply instanceof Stopped) {
      return new GivenBack();
    }
    var error = error(reply);
    if (error == null) {
      return new Delivered();
    }
    Duration step = step(tries + 1, random);
    if (error == DeliveryError.GONE) {
      return registered ? new Gone(step) : new Failed(Strain.NONE);
    }
    Duration asked = retryAfter(reply, now);
    var strain = new Strain(isOverwhelmed(reply), pause(reply, asked));
    if (tries + 1 >= schedule.size()) {
      return new Failed(strain);
    }
    return new Retry(asked.compareTo(step) > 0 ? asked : step, strain);
  }

  private Duration step(int tries, RandomGenerator random) {
    if (tries >= schedule.size()) {
      return Duration.ZERO;
    }
    double spread = 1 + jitter * (2 * random.nextDouble() - 1);
    return Duration.ofMillis(Math.round(schedule.get(tries).toMillis() * spread));
  }

  private static boolean isOverwhelmed(Reply reply) {
    return switch (reply) {
      case Answered(int status, _, _) ->
          status == 429 || status == 502 || status == 503 || status == 504;
      case Unanswered(var error, _) ->
          error == DeliveryError.TIMEOUT || error == DeliveryError.UNREACHABLE;
      case Stopped _ -> false;
    };
  }

  // A 429 is said to the sender, not to the one message.
  private static Duration pause(Reply reply, Duration asked) {
    return reply instanceof Answered(int status, _, _) && status == 429
        ? min(asked, LONGEST_PAUSE)
        : Duration.ZERO;
  }

  static Duration retryAfter(Reply reply, Instant now) {
    if (!(reply instanceof Answered(_, _, var header)) || header == null) {
      return Duration.ZERO;
    }
    String text = header.strip();
    try {
      Duration asked =
          !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')
              ? Duration.ofSeconds(text.length() > 9 ? Integer.MAX_VALUE : Long.parseLong(text))
              : Duration.between(
                  now, ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
      return asked.isNegative() ? Duration.ZERO : min(asked, LONGEST_RETRY_AFTER);
    } catch (DateTimeException neither) {
      return Duration.ZERO;
    }
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
