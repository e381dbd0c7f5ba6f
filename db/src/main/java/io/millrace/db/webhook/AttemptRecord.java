package io.millrace.db.webhook;

import io.millrace.delivery.DeliveryError;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What an attempt came to, and what becomes of its delivery.
 *
 * @param worker the incarnation that had it
 * @param call the request that was sent, or kept from being sent; null where there was none
 * @param body what was sent, to be sent again; null where it need not be kept
 */
public record AttemptRecord(
    UUID worker,
    ClaimedDelivery delivery,
    @Nullable Call call,
    byte @Nullable [] body,
    Effect effect) {

  /**
   * One request.
   *
   * @param error null where it was answered 2xx
   * @param response the beginning of the answer
   */
  public record Call(
      Instant startedAt,
      Instant finishedAt,
      @Nullable Integer httpStatus,
      @Nullable DeliveryError error,
      @Nullable String response) {}

  /** What becomes of the delivery. */
  public sealed interface Effect {

    /** It is done. */
    record Delivered() implements Effect {}

    /** It is tried again. */
    record Retry(Duration delay, Strain strain) implements Effect {}

    /** Its schedule is over. */
    record Failed(Strain strain) implements Effect {}

    /** There is nothing, or nobody, to deliver to. */
    record Dropped(DeliveryError why) implements Effect {}

    /** The endpoint wants no more: it is disabled, and the delivery held for its return. */
    record Gone(Duration delay) implements Effect {}

    /** It goes back untried. */
    record GivenBack() implements Effect {}
  }

  /**
   * What a failed attempt says about the destination.
   *
   * @param slow whether it is overwhelmed or away, and to be spared
   * @param pause how long it asked to be left alone; zero where it did not
   */
  public record Strain(boolean slow, Duration pause) {
    public static final Strain NONE = new Strain(false, Duration.ZERO);
  }
}
