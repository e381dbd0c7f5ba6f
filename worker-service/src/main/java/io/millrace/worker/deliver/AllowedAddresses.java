package io.millrace.worker.deliver;

import io.millrace.webhook.address.TargetRefused;
import io.millrace.webhook.address.Targets;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Looks names up, and answers only addresses that webhooks may be sent to: those that are then
 * connected to, so that a name cannot lead elsewhere between the look and the connection.
 *
 * <p>A lookup blocks the thread that carries it, so it is made on a thread of its own, one for each
 * name at most, and waited for only so long: a name whose servers are silent holds up nobody else.
 */
final class AllowedAddresses implements DnsResolver, AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(6);
  private static final int MOST_LOOKUPS = 64;
  private static final int MOST_ADDRESSES = 3;

  private final Targets targets;
  private final Lookup lookup;
  private final ExecutorService threads;
  private final Map<String, CompletableFuture<InetAddress[]>> underWay = new ConcurrentHashMap<>();

  /** The way to names' addresses. */
  @FunctionalInterface
  interface Lookup {
    InetAddress[] of(String host) throws UnknownHostException;
  }

  AllowedAddresses(Targets targets, Lookup lookup) {
    this.targets = targets;
    this.lookup = lookup;
    this.threads =
        new ThreadPoolExecutor(
            0,
            MOST_LOOKUPS,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("millrace-webhook-names-", 0).factory());
  }

  /** All that the name leads to is where webhooks do not go. */
  static final class Forbidden extends UnknownHostException {
    private static final long serialVersionUID = 1L;

    Forbidden() {
      super("webhooks are not sent there");
    }
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    List<InetAddress> allowed = new ArrayList<>();
    for (InetAddress address : addresses(host)) {
      if (isAllowed(address) && allowed.size() < MOST_ADDRESSES) {
        allowed.add(address);
      }
    }
    if (allowed.isEmpty()) {
      throw new Forbidden();
    }
    return allowed.toArray(InetAddress[]::new);
  }

  @Override
  public String resolveCanonicalHostname(String host) {
    return host;
  }

  private boolean isAllowed(InetAddress address) {
    try {
      targets.check(address);
      return true;
    } catch (TargetRefused refused) {
      return false;
    }
  }

  private InetAddress[] addresses(String host) throws UnknownHostException {
    var own = new CompletableFuture<InetAddress[]>();
    var others = underWay.putIfAbsent(host, own);
    if (others == null) {
      begin(host, own);
    }
    try {
      return (others == null ? own : others).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException failed) {
      throw new UnknownHostException("no address was found");
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new UnknownHostException("interrupted");
    }
  }

  private void begin(String host, CompletableFuture<InetAddress[]> found) {
    try {
      threads.execute(() -> {
        try {
          found.complete(lookup.of(host));
        } catch (UnknownHostException | RuntimeException failed) {
          found.completeExceptionally(failed);
        } finally {
          underWay.remove(host, found);
        }
      });
    } catch (RejectedExecutionException busy) {
      underWay.remove(host, found);
      found.completeExceptionally(busy);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
