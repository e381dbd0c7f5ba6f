package io.millrace.worker.deliver;

import static java.util.stream.Collectors.groupingBy;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.loop.Loop;
import io.millrace.db.seal.UnreadableValue;
import io.millrace.db.webhook.ClaimedDelivery;
import io.millrace.db.webhook.Deliveries;
import io.millrace.db.webhook.Secrets.Owner;
import io.millrace.delivery.DeliveryId;
import io.millrace.webhook.sign.SigningKey;
import io.millrace.worker.deliver.SendDelivery.Prepared;
import io.millrace.worker.lease.Lease;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
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
  static final int MOST = 4_000;

  // Enough for one receiver of all that a worker can do; one that fails is soon allowed fewer.
  static final int EACH = 256;
  private static final int BATCH = 250;
  private static final int DROPPED = 1_000;

  // Each look costs the same, whatever it finds: what has waited a little is sent together.
  private static final Duration PACE = Duration.ofMillis(100);
  private static final Duration BEHIND = Duration.ofMillis(10);
  private static final Duration TIDY = Duration.ofSeconds(1);
  private static final long LOOK = Duration.ofMillis(20).toNanos();

  private final Deliveries deliveries;
  private final RenderBodies render;
  private final SigningKeys keys;
  private final SendDelivery send;
  private final Lease lease;
  private final LongSupplier nanoTime;
  private final Duration claimLease;
  private final List<Loop> loops;
  private final AtomicInteger held = new AtomicInteger();

  /**
   * Under which deliveries are held.
   *
   * @param since when it began
   * @param until when others may have them
   */
  record Claim(UUID worker, long since, long until) {}

  Deliver(
      Deliveries deliveries,
      RenderBodies render,
      SigningKeys keys,
      SendDelivery send,
      Lease lease,
      LongSupplier nanoTime,
      MeterRegistry meters) {
    this.deliveries = deliveries;
    this.render = render;
    this.keys = keys;
    this.send = send;
    this.lease = lease;
    this.nanoTime = nanoTime;
    this.claimLease = send.lease();
    this.loops =
        List.of(
            new Loop("deliver", meters, this::once), new Loop("deliver-tidy", meters, this::tidy));
  }

  /** Takes and hands over what is due. */
  private Duration once() {
    int room = Math.min(BATCH, MOST - held.get());
    var worker = lease.incarnation();
    if (room <= 0 || worker.isEmpty() || send.isStopping()) {
      return PACE;
    }
    long before = nanoTime.getAsLong();
    var claimed = deliveries.claim(worker.get(), room, EACH, claimLease);
    if (claimed.isEmpty()) {
      // A look costs a little for each destination that has anything: with thousands of them it
      // comes less often, so that looking never takes more than a fifth of the time.
      var took = Duration.ofNanos(nanoTime.getAsLong() - before);
      return took.multipliedBy(4).compareTo(PACE) > 0 ? took.multipliedBy(4) : PACE;
    }
    held.addAndGet(claimed.size());
    var claim = new Claim(worker.get(), before, before + claimLease.toNanos());
    claimed.stream()
        .collect(groupingBy(ClaimedDelivery::tenantId))
        .forEach((tenant, own) ->
            Thread.ofVirtual().name("deliver").start(() -> handOver(tenant, own, claim)));
    return claimed.size() == room ? BEHIND : PACE;
  }

  /** Clears away what is pending for endpoints that are gone. */
  private Duration tidy() {
    return deliveries.drop(DROPPED) == DROPPED ? Duration.ZERO : TIDY;
  }

  private void handOver(int tenant, List<ClaimedDelivery> own, Claim claim) {
    Map<DeliveryId, byte[]> bodies;
    Map<Owner, List<SigningKey>> signing;
    try {
      bodies = render.of(tenant, own);
      signing = keys.of(own);
    } catch (UnreadableValue sealed) {
      // Those beside it are not to wait for its key.
      if (own.size() > 1) {
        own.forEach(one -> handOver(tenant, List.of(one), claim));
      } else {
        log.error("{} is not sent for now: {}", own.getFirst().id(), sealed.getMessage());
        held.decrementAndGet();
      }
      return;
    } catch (RuntimeException failure) {
      log.warn(
          "{} deliveries could not be rendered; they are tried again when their lease is over",
          own.size(),
          failure);
      held.addAndGet(-own.size());
      return;
    }
    for (ClaimedDelivery delivery : own) {
      var body = bodies.get(delivery.id());
      var signers = signing.getOrDefault(SigningKeys.owner(delivery), List.of());
      Thread.ofVirtual()
          .name(delivery.id().toString())
          .start(() -> {
            try {
              send.deliver(new Prepared(claim, delivery, body, signers));
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

  public void start() {
    loops.forEach(Loop::start);
  }

  /** Nothing more is claimed or begun. What is under way goes on. */
  public void stop(Duration bound) {
    send.stopBeginning();
    loops.forEach(loop -> loop.stop(bound));
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
