package io.millrace.cli.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Clients that wait for a job each, and when it has ended for the next one that nobody waits for.
 * One thread serves them all: they share the machine with what is measured.
 */
final class Watchers implements AutoCloseable {

  private static final int REPLY_BYTES = 16_384;
  private static final int CONNECTING_AT_ONCE = 100;
  private static final Pattern FINISHED = Pattern.compile("\"finished_at\": ?\"([^\"]+)\"");

  private final int port;
  private final String authorization;
  private final String[] jobs;
  private final Selector selector;
  private final List<Client> clients = new ArrayList<>();
  private final List<Told> told = new ArrayList<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger connected = new AtomicInteger();
  private final AtomicInteger ended = new AtomicInteger();
  private final Thread thread;
  private int next;
  private volatile @Nullable Exception failure;
  private volatile boolean closing;

  /** An end of a job of which a client was told; times by {@link WallClock}. */
  private record Told(boolean byEvent, long ended, long heard) {}

  private static final class Client {
    private final boolean byEvents;
    private final ByteBuffer in = ByteBuffer.allocate(REPLY_BYTES);
    private @Nullable SocketChannel channel;
    private int job;

    private Client(boolean byEvents) {
      this.byEvents = byEvents;
    }
  }

  private Watchers(BenchStack stack, String[] jobs) throws IOException {
    this.port = stack.port();
    this.authorization = "authorization: Bearer " + stack.key() + "\r\n";
    this.jobs = jobs;
    this.selector = Selector.open();
    this.thread = Thread.ofPlatform().daemon().name("bench-watchers").unstarted(this::run);
  }

  /** Starts so many clients, of which so many take events; the others poll. */
  static Watchers start(BenchStack stack, String[] jobs, int count, int byEvents)
      throws IOException {
    var watchers = new Watchers(stack, jobs);
    for (int i = 0; i < count; i++) {
      // Spread evenly, so that both kinds wait for jobs of the same times.
      boolean events = (long) (i + 1) * byEvents / count > (long) i * byEvents / count;
      watchers.clients.add(new Client(events));
    }
    watchers.thread.start();
    return watchers;
  }

  /** How many clients wait for a job that has not ended. */
  int waiting() {
    return waiting.get();
  }

  /** Waits until all clients wait; fails if they do not until then. */
  void awaitConnected(long until) throws IOException, InterruptedException {
    while (connected.get() < clients.size()) {
      check();
      if (WallClock.micros() > until) {
        throw new IOException(
            "only %d of %d clients are served".formatted(connected.get(), clients.size()));
      }
      WallClock.pass(Duration.ofMillis(50));
    }
  }

  /** Waits until every job has ended and been told of. */
  void awaitEnd(Duration bound) throws IOException, InterruptedException {
    long giveUp = System.nanoTime() + bound.toNanos();
    while (ended.get() < jobs.length) {
      check();
      if (System.nanoTime() > giveUp) {
        throw new IOException(
            "of %d ends %d were not told".formatted(jobs.length, jobs.length - ended.get()));
      }
      WallClock.pass(Duration.ofMillis(100));
    }
    closing = true;
    thread.join();
  }

  /** From the ends within that time to when their clients heard of them. */
  Sample delays(boolean byEvent, long from, long until) {
    return Sample.of(
        told.stream()
            .filter(one -> one.byEvent() == byEvent && one.ended() >= from && one.ended() < until)
            .mapToLong(one -> one.heard() - one.ended())
            .toArray());
  }

  private void check() throws IOException {
    Exception failed = failure;
    if (failed != null) {
      throw new IOException("a client was not served: " + failed.getMessage(), failed);
    }
  }

  private void run() {
    try {
      int begun = 0;
      while (!closing) {
        // Not all in one moment: that is another benchmark.
        for (int i = 0; i < CONNECTING_AT_ONCE && begun < clients.size(); i++) {
          waitForNext(clients.get(begun++));
        }
        selector.select(this::read, 10);
      }
    } catch (IOException | UncheckedIOException broken) {
      failure = broken;
    }
  }

  private void waitForNext(Client client) throws IOException {
    if (next == jobs.length) {
      return;
    }
    client.job = next++;
    waiting.incrementAndGet();
    ask(client);
  }

  private void ask(Client client) throws IOException {
    client.in.clear();
    String path = "/v1/jobs/" + jobs[client.job] + (client.byEvents ? "/events" : "?wait=60");
    byte[] request =
        "GET %s HTTP/1.1\r\nhost: localhost\r\n%s\r\n"
            .formatted(path, authorization)
            .getBytes(StandardCharsets.US_ASCII);
    SocketChannel channel = client.channel;
    if (channel == null) {
      channel = connect(client);
      client.channel = channel;
    }
    ByteBuffer out = ByteBuffer.wrap(request);
    while (out.hasRemaining()) {
      channel.write(out);
    }
    if (!client.byEvents && client.job < clients.size()) {
      connected.incrementAndGet();
    }
  }

  private SocketChannel connect(Client client) throws IOException {
    var channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ, client);
    return channel;
  }

  private void read(SelectionKey key) {
    try {
      read((Client) key.attachment());
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private void read(Client client) throws IOException {
    SocketChannel channel = client.channel;
    if (channel == null) {
      return;
    }
    boolean first = client.in.position() == 0;
    if (channel.read(client.in) < 0) {
      throw new IOException(
          "the connection was closed: "
              + new String(client.in.array(), 0, client.in.position(), StandardCharsets.US_ASCII));
    }
    long now = WallClock.micros();
    if (Reply.status(client.in.array(), 0) != 200) {
      throw new IOException(
          "answered "
              + new String(client.in.array(), 0, client.in.position(), StandardCharsets.US_ASCII));
    }
    if (client.byEvents) {
      readEvents(client, channel, first, now);
    } else {
      readAnswer(client, now);
    }
  }

  private void readEvents(Client client, SocketChannel channel, boolean first, long now)
      throws IOException {
    if (first && client.job < clients.size()) {
      connected.incrementAndGet();
    }
    String text = text(client);
    if (text.contains("event: stream.ended")) {
      throw new IOException("a stream was cut: " + text);
    }
    Matcher finished = FINISHED.matcher(text);
    if (finished.find()) {
      channel.close();
      client.channel = null;
      heard(client, finished.group(1), now);
    }
  }

  private void readAnswer(Client client, long now) throws IOException {
    int length = Reply.length(client.in.array(), 0, client.in.position());
    if (length < 0 || client.in.position() < length) {
      return;
    }
    Matcher finished = FINISHED.matcher(text(client));
    if (finished.find()) {
      heard(client, finished.group(1), now);
    } else {
      ask(client);
    }
  }

  private void heard(Client client, String finishedAt, long now) throws IOException {
    told.add(new Told(client.byEvents, WallClock.micros(Instant.parse(finishedAt)), now));
    ended.incrementAndGet();
    waiting.decrementAndGet();
    waitForNext(client);
  }

  private static String text(Client client) {
    return new String(client.in.array(), 0, client.in.position(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    closing = true;
    thread.interrupt();
    try {
      for (Client client : clients) {
        if (client.channel != null) {
          client.channel.close();
        }
      }
      selector.close();
    } catch (IOException ignored) {
      // It was to be closed, and is of no more use.
    }
  }
}
