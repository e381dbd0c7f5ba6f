package io.millrace.worker.batch;

import io.millrace.claude.call.AbortReason;
import io.millrace.claude.call.Exchange;
import io.millrace.claude.call.Reply;
import io.millrace.db.batch.ProviderBatch;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The right to take the next step with a provider batch, for as long as its lease is believed in.
 * Thread-safe: one thread drives, others extend, stop and cut.
 */
final class Drive {

  private final ProviderBatch batch;
  private final LongSupplier nanoTime;
  private long validUntil;
  private boolean stopping;
  private boolean cut;
  private @Nullable Exchange running;

  Drive(ProviderBatch batch, LongSupplier nanoTime, long validUntil) {
    this.batch = batch;
    this.nanoTime = nanoTime;
    this.validUntil = validUntil;
  }

  ProviderBatch batch() {
    return batch;
  }

  UUID id() {
    return batch.id();
  }

  /** Whether nobody else drives the batch. */
  synchronized boolean holds() {
    return validUntil - nanoTime.getAsLong() > 0;
  }

  /** Whether something new may be begun. */
  synchronized boolean mayGoOn() {
    return !stopping && validUntil - nanoTime.getAsLong() > 0;
  }

  synchronized void extendTo(long until) {
    validUntil = until;
  }

  /** Nothing new is begun; what is under way goes on. */
  synchronized void stop() {
    stopping = true;
  }

  /** What is under way ends at once. */
  synchronized void cut() {
    stopping = true;
    cut = true;
    if (running != null) {
      running.abort(AbortReason.DRAIN);
    }
  }

  Reply execute(Exchange exchange) {
    synchronized (this) {
      running = exchange;
      if (cut) {
        exchange.abort(AbortReason.DRAIN);
      }
    }
    try {
      return exchange.execute();
    } finally {
      synchronized (this) {
        running = null;
      }
    }
  }
}
