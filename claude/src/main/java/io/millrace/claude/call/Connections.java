package io.millrace.claude.call;

import com.anthropic.backends.Backend;
import com.anthropic.client.okhttp.OkHttpClient;
import com.anthropic.core.Timeout;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
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

  private final UpstreamSettings settings;
  private final AtomicReferenceArray<Slot> slots = new AtomicReferenceArray<>(MOST);

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
        slot.http.close();
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
    final OkHttpClient http;
    private final AtomicInteger calls = new AtomicInteger();

    private Slot(OkHttpClient http) {
      this.http = http;
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
