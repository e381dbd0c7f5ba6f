package io.millrace.simulator.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * The server: one thread that accepts, reads, calls the handler, keeps its timers and writes.
 *
 * <p>Everything behind the handler may rely on that single thread instead of locks; other threads
 * come in through {@link #call}. One thread is enough by an order of magnitude for what a single
 * machine's tests and benchmarks send.
 */
public final class HttpLoop implements AutoCloseable {
  private record Timer(long at, long order, Runnable action) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      int byTime = Long.compare(at - other.at, 0);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  private static final System.Logger LOG = System.getLogger(HttpLoop.class.getName());

  private final Selector selector;
  private final ServerSocketChannel server;
  private final ToLongFunction<String> maxBody;
  private final Handler handler;
  private final Thread thread;
  private final byte[] scratch = new byte[64 * 1024];
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private final Set<Connection> connections = new HashSet<>();
  private long timerOrder;
  private volatile boolean open = true;

  private HttpLoop(InetSocketAddress address, ToLongFunction<String> maxBody, Handler handler)
      throws IOException {
    this.maxBody = maxBody;
    this.handler = handler;
    selector = Selector.open();
    server = ServerSocketChannel.open();
    try {
      server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      server.bind(address, 4096);
      server.configureBlocking(false);
      server.register(selector, SelectionKey.OP_ACCEPT);
    } catch (IOException e) {
      server.close();
      selector.close();
      throw e;
    }
    thread = Thread.ofPlatform().name("simulator-http").daemon().unstarted(this::run);
  }

  /**
   * Binds and starts; a port that is taken is an {@link UncheckedIOException}. Bodies longer than
   * {@code maxBody} says of their path are dropped.
   */
  public static HttpLoop start(
      InetSocketAddress address, ToLongFunction<String> maxBody, Handler handler) {
    try {
      HttpLoop loop = new HttpLoop(address, maxBody, handler);
      loop.thread.start();
      return loop;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
  }

  public int port() {
    return server.socket().getLocalPort();
  }

  /**
   * Runs the question on the loop's thread and waits for its answer; after the loop has ended, on
   * the caller's.
   */
  public <T> T call(Supplier<T> question) {
    if (Thread.currentThread().equals(thread)) {
      return question.get();
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    execute(() -> {
      try {
        answer.complete(question.get());
      } catch (RuntimeException e) {
        answer.completeExceptionally(e);
      }
    });
    if (!thread.isAlive()) {
      runTasks();
    }
    return answer.join();
  }

  public void execute(Runnable task) {
    tasks.add(task);
    if (!Thread.currentThread().equals(thread)) {
      selector.wakeup();
    }
  }

  /** Runs the action on the loop's thread after the given time. Only from the loop's thread. */
  public void after(long nanos, Runnable action) {
    timers.add(new Timer(System.nanoTime() + nanos, timerOrder++, action));
  }

  /** The number of connections open. Only from the loop's thread. */
  public int connections() {
    return connections.size();
  }

  private void run() {
    try {
      while (open) {
        long wait = millisToNext();
        if (wait == 0) {
          selector.selectNow(this::ready);
        } else {
          selector.select(this::ready, wait < 0 ? 0 : wait);
        }
        runTasks();
        fire();
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.ERROR, "The simulator's loop ends: selecting failed", e);
    } finally {
      shut();
    }
  }

  /** Zero: at once; negative: nothing is due. */
  private long millisToNext() {
    Timer next = timers.peek();
    if (!tasks.isEmpty()) {
      return 0;
    }
    if (next == null) {
      return -1;
    }
    long nanos = next.at() - System.nanoTime();
    return nanos <= 0 ? 0 : (nanos + 999_999) / 1_000_000;
  }

  private void ready(SelectionKey key) {
    if (key.attachment() instanceof Connection connection) {
      connection.ready(scratch);
    } else {
      accept();
    }
  }

  private void accept() {
    try {
      SocketChannel channel = server.accept();
      while (channel != null) {
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
        Connection connection = new Connection(this, channel, key, maxBody);
        key.attach(connection);
        connections.add(connection);
        channel = server.accept();
      }
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "A connection could not be accepted; clients wait in the backlog: {0}",
          e.getMessage());
    }
  }

  void handle(HttpRequest request, Exchange exchange) {
    try {
      handler.handle(request, exchange);
    } catch (RuntimeException e) {
      LOG.log(
          System.Logger.Level.ERROR,
          "A request met a bug in the simulator; its connection is reset",
          e);
      exchange.reset();
    }
  }

  void forget(Connection connection, SocketChannel channel) {
    connections.remove(connection);
    try {
      channel.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "A connection did not close cleanly: {0}", e.getMessage());
    }
  }

  private void runTasks() {
    Runnable task = tasks.poll();
    while (task != null) {
      runSafely(task);
      task = tasks.poll();
    }
  }

  private void fire() {
    if (timers.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    Timer next = timers.peek();
    while (next != null && next.at() - now <= 0) {
      timers.remove();
      runSafely(next.action());
      next = timers.peek();
    }
  }

  private static void runSafely(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LOG.log(
          System.Logger.Level.ERROR, "An action met a bug in the simulator; the others go on", e);
    }
  }

  private void shut() {
    connections.forEach(c -> execute(c::close));
    runTasks();
    try {
      server.close();
      selector.close();
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.DEBUG,
          "The listening socket did not close cleanly: {0}",
          e.getMessage());
    }
    runTasks();
  }

  /** Stops listening and drops every connection. */
  @Override
  public void close() {
    open = false;
    selector.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
