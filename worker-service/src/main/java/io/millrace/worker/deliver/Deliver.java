package io.millrace.worker.deliver;

import static java.util.stream.Collectors.groupingBy;

import io.millrace.db.webhook.ClaimedDelivery;
import io.millrace.db.webhook.Deliveries;
import io.millrace.delivery.DeliveryId;
import io.millrace.worker.lease.Lease;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what is due and has it sent, each on a virtual thread. A delivery is held by its claim's
 * lease alone: whatever becomes of this process, it is made again by another, under its id.
 */
public final class Deliver {

  private static final Logger log = LoggerFactory.getLogger(Deliver.class);

  /** Held at once by this worker; to one destination, by all. */
  static final int MOST = 1_000;

  static final int EACH = 32;
  private static final int BATCH = 250;
  private static final int DROPPED = 1_000;
  private static final Duration IDLE = Duration.ofMillis(100);
  private static final Duration BUSY = Duration.ofMillis(20);
  private static final Duration TIDY = Duration.ofSeconds(5);
  private static final long LOOK = Duration.ofMillis(20).toNanos();

  private final Deliveries deliveries;
  private final RenderBodies render;
  private final SendDelivery send;
  private final Lease lease;
  private final LongSupplier nanoTime;
  private final Duration claimLease;
  private final AtomicInteger held = new AtomicInteger();

  Deliver(
      Deliveries deliveries,
      RenderBodies render,
      SendDelivery send,
      Lease lease,
      LongSupplier nanoTime) {
    this.deliveries = deliveries;
    this.render = render;
    this.send = send;
    this.lease = lease;
    this.nanoTime = nanoTime;
    this.claimLease = send.lease();
  }

  /** Takes and hands over what is due; a loop's body. */
  Duration once() {
    int room = Math.min(BATCH, MOST - held.get());
    var worker = lease.incarnation();
    if (room <= 0 || worker.isEmpty() || send.isStopping()) {
      return IDLE;
    }
    long before = nanoTime.getAsLong();
    var claimed = deliveries.claim(worker.get(), room, EACH, claimLease);
    if (claimed.isEmpty()) {
      return IDLE;
    }
    held.addAndGet(claimed.size());
    long until = before + claimLease.toNanos();
    claimed.stream()
        .collect(groupingBy(ClaimedDelivery::tenantId))
        .forEach((tenant, own) ->
            Thread.ofVirtual().name("deliver").start(() -> handOver(tenant, own, before, until)));
    return BUSY;
  }

  /** Clears away what is pending for endpoints that are gone; a loop's body. */
  Duration tidy() {
    return deliveries.drop(DROPPED) == DROPPED ? Duration.ZERO : TIDY;
  }

  private void handOver(int tenant, List<ClaimedDelivery> own, long since, long until) {
    Map<DeliveryId, byte[]> bodies;
    try {
      bodies = render.of(tenant, own);
    } catch (RuntimeException failure) {
      log.warn(
          "{} deliveries could not be rendered; they are tried again when their lease is over",
          own.size(),
          failure);
      held.addAndGet(-own.size());
      return;
    }
    for (ClaimedDelivery delivery : own) {
      Thread.ofVirtual()
          .name(delivery.id().toString())
          .start(() -> {
            try {
              send.deliver(delivery, bodies.get(delivery.id()), since, until);
            } catch (RuntimeException | Error bug) {
              log.error("{} is tried again when its lease is over", delivery.id(), bug);
            } finally {
              held.decrementAndGet();
            }
          });
    }
  }

  /** Deliveries held now. */
  public int held() {
    return held.get();
  }

  /** Nothing more is begun. What is under way goes on. */
  public void stopClaiming() {
    send.stopBeginning();
  }

  /**
   * Lets attempts under way end for {@code grace}, then cuts them; each delivery is recorded or
   * given back.
   *
   * @return whether everything ended
   */
  public boolean drain(Duration grace, Duration bound) {
    long calling = nanoTime.getAsLong() + grace.toNanos();
    awaitNone(calling);
    send.cut();
    awaitNone(nanoTime.getAsLong() + bound.toNanos());
    send.close();
    return held.get() == 0;
  }

  private void awaitNone(long until) {
    while (held.get() > 0
        && until - nanoTime.getAsLong() > 0
        && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(LOOK);
    }
  }
}
