package io.millrace.cli.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Submits jobs, one per request, over kept-alive connections. One thread does it all with next to
 * no work of its own: the load shares the machine with what it measures.
 */
final class Load implements AutoCloseable {

  private static final int CONNECTIONS = 64;
  private static final int REPLY_BYTES = 32_768;
  private static final int LOOK_AGAIN_MILLIS = 1;
  private static final long STEP_NANOS = 100_000;

  private final byte[] request;
  private final Pace pace;
  private final int keepEvery;
  private final Selector selector;
  private final Queue<Line> idle = new ArrayDeque<>();
  private final List<Line> lines = new ArrayList<>();
  private final List<Accepted> kept = new ArrayList<>();
  private final Thread thread;
  private long sent;
  private long done;
  private final AtomicLong accepted = new AtomicLong();
  private volatile long processorInAll;
  private volatile boolean stopping;
  private volatile @Nullable Exception failure;

  /**
   * One submission that was accepted; times by {@link WallClock}.
   *
   * @param intended when it was meant to be sent, which under a closed loop is when it was
   */
  record Accepted(String job, long intended, long sent, long answered) {}

  private static final class Line {
    private final SocketChannel channel;
    private final ByteBuffer out;
    private final ByteBuffer in = ByteBuffer.allocate(REPLY_BYTES);
    private long intended;
    private long sent;

    private Line(SocketChannel channel, byte[] request) {
      this.channel = channel;
      this.out = ByteBuffer.wrap(request);
    }
  }

  private Load(int port, byte[] request, Pace pace, int keepEvery) throws IOException {
    this.request = request;
    this.pace = pace;
    this.keepEvery = keepEvery;
    this.selector = Selector.open();
    for (int i = 0; i < CONNECTIONS; i++) {
      Line line = connect(port);
      lines.add(line);
      idle.add(line);
    }
    this.thread = Thread.ofPlatform().daemon().name("bench-load").unstarted(this::run);
  }

  /**
   * Starts at once.
   *
   * @param keepEvery of every so many submissions one is kept; 0: none
   */
  static Load start(int port, byte[] request, Pace pace, int keepEvery) throws IOException {
    var load = new Load(port, request, pace, keepEvery);
    load.thread.start();
    return load;
  }

  /** Submissions answered 202 so far. */
  long accepted() throws IOException {
    Exception failed = failure;
    if (failed != null) {
      throw new IOException("a submission failed: " + failed.getMessage(), failed);
    }
    return accepted.get();
  }

  /** The processor time that the load itself has taken. */
  long processorNanos() {
    long alive = ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId());
    return alive >= 0 ? alive : processorInAll;
  }

  /** Sends nothing more and waits for the answers that are due. */
  List<Accepted> stop() throws IOException, InterruptedException {
    stopping = true;
    thread.join();
    accepted();
    return kept;
  }

  /** Waits until all are accepted. */
  List<Accepted> finish() throws IOException, InterruptedException {
    thread.join();
    accepted();
    return kept;
  }

  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
    for (Line line : lines) {
      try {
        line.channel.close();
      } catch (IOException ignored) {
        // It was to be closed, and is of no more use.
      }
    }
    try {
      selector.close();
    } catch (IOException ignored) {
      // As above.
    }
  }

  private Line connect(int port) throws IOException {
    var channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.configureBlocking(false);
    var line = new Line(channel, request);
    channel.register(selector, SelectionKey.OP_READ, line);
    return line;
  }

  private void run() {
    try {
      while (sent < pace.limit() && !stopping) {
        switch (pace) {
          case Pace.Closed closed -> submit(closed);
          case Pace.Open open -> submit(open);
        }
      }
      while (idle.size() < lines.size() && !Thread.currentThread().isInterrupted()) {
        selector.select(this::read, LOOK_AGAIN_MILLIS);
      }
    } catch (IOException | UncheckedIOException broken) {
      failure = broken;
    } finally {
      processorInAll = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
  }

  private void submit(Pace.Closed closed) throws IOException {
    if (accepted.get() - done >= closed.outstanding()) {
      done = closed.done().getAsLong();
    }
    boolean free = accepted.get() - done < closed.outstanding();
    while (free && !idle.isEmpty() && sent < closed.limit()) {
      send(idle.remove(), WallClock.micros());
    }
    selector.select(this::read, LOOK_AGAIN_MILLIS);
  }

  private void submit(Pace.Open open) throws IOException {
    long due = open.intended(sent);
    long now = WallClock.micros();
    while (due <= now && !idle.isEmpty() && sent < open.limit()) {
      send(idle.remove(), due);
      due = open.intended(sent);
    }
    if (idle.isEmpty() || due - now > 2_000) {
      selector.select(this::read, LOOK_AGAIN_MILLIS);
    } else {
      // A selector's timeout is too coarse for the last stretch.
      selector.selectNow(this::read);
      LockSupport.parkNanos(STEP_NANOS);
    }
  }

  private void send(Line line, long intended) throws IOException {
    line.intended = intended;
    line.sent = WallClock.micros();
    sent++;
    line.out.rewind();
    while (line.out.hasRemaining()) {
      line.channel.write(line.out);
    }
  }

  private void read(SelectionKey key) {
    try {
      read((Line) key.attachment());
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private void read(Line line) throws IOException {
    if (line.channel.read(line.in) < 0) {
      throw new IOException("the connection was closed");
    }
    byte[] bytes = line.in.array();
    int length = Reply.length(bytes, 0, line.in.position());
    if (length < 0 || line.in.position() < length) {
      return;
    }
    int status = Reply.status(bytes, 0);
    if (status != 202) {
      throw new IOException("answered " + status + " instead of 202");
    }
    if (keepEvery > 0 && accepted.get() % keepEvery == 0) {
      kept.add(
          new Accepted(Reply.job(bytes, 0, length), line.intended, line.sent, WallClock.micros()));
    }
    line.in.clear();
    idle.add(line);
    accepted.lazySet(accepted.get() + 1);
  }
}
