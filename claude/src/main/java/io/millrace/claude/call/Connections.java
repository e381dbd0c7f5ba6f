package io.millrace.claude.call;

import com.anthropic.backends.Backend;
import com.anthropic.client.okhttp.OkHttpClient;
import com.anthropic.core.Timeout;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The SDK's HTTP clients, several of them, each with a connection pool of its own.
 *
 * <p>OkHttp walks its whole pool for every call that starts and every connection that falls idle,
 * and the whole list of running calls for every one that ends, so one pool of ten thousand
 * connections costs more than the calls. The first client with room serves a call: few calls share
 * few warm connections, many calls walk short lists.
 */
final class Connections implements AutoCloseable {
  static final int CALLS_EACH = 256;
  private static final int MOST = 64;
  private static final long RENEWAL_PAUSE = Duration.ofSeconds(1).toNanos();

  private final UpstreamSettings settings;
  private final AtomicReferenceArray<Slot> slots = new AtomicReferenceArray<>(MOST);
  private final AtomicLong renewedAt = new AtomicLong(System.nanoTime() - RENEWAL_PAUSE);

  Connections(UpstreamSettings settings) {
    this.settings = settings;
  }

  /** A place for one call; to be released when the call is over. */
  Slot take() {
    for (int i = 0; i < MOST; i++) {
      Slot slot = slot(i);
      if (slot.calls.incrementAndGet() <= CALLS_EACH) {
        return slot;
      }
      slot.release();
    }
    Slot leastBusy = slot(0);
    for (int i = 1; i < MOST; i++) {
      Slot slot = slot(i);
      leastBusy = slot.calls.get() < leastBusy.calls.get() ? slot : leastBusy;
    }
    leastBusy.calls.incrementAndGet();
    return leastBusy;
  }

  /**
   * Lets go of every idle connection. Where one was lost others may be dead too, and OkHttp asks an
   * HTTP/1 connection whether it lives only after ten idle seconds: a call on a dead one would look
   * as if it had been sent.
   */
  void distrustIdle() {
    long last = renewedAt.get();
    long now = System.nanoTime();
    if (now - last < RENEWAL_PAUSE || !renewedAt.compareAndSet(last, now)) {
      return;
    }
    for (int i = 0; i < MOST; i++) {
      Slot slot = slots.get(i);
      if (slot != null) {
        slot.renew(open());
      }
    }
  }

  int inUse() {
    int sum = 0;
    for (int i = 0; i < MOST; i++) {
      Slot slot = slots.get(i);
      sum += slot == null ? 0 : slot.calls.get();
    }
    return sum;
  }

  @Override
  public void close() {
    for (int i = 0; i < MOST; i++) {
      Slot slot = slots.get(i);
      if (slot != null) {
        slot.http().close();
      }
    }
  }

  private Slot slot(int index) {
    Slot slot = slots.get(index);
    if (slot != null) {
      return slot;
    }
    synchronized (this) {
      slot = slots.get(index);
      if (slot == null) {
        slot = new Slot(open());
        slots.set(index, slot);
      }
      return slot;
    }
  }

  // Only connecting is timed by OkHttp. Its other timeouts share one sorted list that is walked to
  // the end for each read, so the whole call is timed by Call instead.
  private OkHttpClient open() {
    return OkHttpClient.builder()
        .backend(new PlainBackend(settings.baseUrl().toString()))
        .timeout(
            Timeout.builder()
                .connect(settings.connectTimeout())
                .read(Duration.ZERO)
                .write(Duration.ZERO)
                .request(Duration.ZERO)
                .build())
        .maxIdleConnections(CALLS_EACH)
        .keepAliveDuration(settings.keepAlive())
        .build();
  }

  /** One client and the number of calls it carries. */
  static final class Slot {
    private final AtomicInteger calls = new AtomicInteger();
    private volatile OkHttpClient http;

    private Slot(OkHttpClient http) {
      this.http = http;
    }

    OkHttpClient http() {
      return http;
    }

    // Closing a client closes its idle connections only; calls that run on it end as they would.
    private void renew(OkHttpClient fresh) {
      OkHttpClient old = http;
      http = fresh;
      old.close();
    }

    void release() {
      calls.decrementAndGet();
    }
  }

  /** Adds nothing to requests: the SDK's own backend would send the key as a bearer token. */
  private record PlainBackend(String baseUrl) implements Backend {
    @Override
    public void close() {}
  }
}
