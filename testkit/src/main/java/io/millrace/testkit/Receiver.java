package io.millrace.testkit;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * A server on this machine that webhooks are sent to. It remembers each request as it came, and
 * answers 200 until a path is told otherwise:
 *
 * <pre>{@code
 * try (var receiver = Receiver.start()) {
 *   receiver.on("/hook", Answer.status(500), Answer.status(500), Answer.ok());
 *   …
 *   assertThat(receiver.await("/hook", 3)).extracting(Received::id).containsOnly(id);
 * }
 * }</pre>
 *
 * <p>Methods may be called from any thread.
 */
public final class Receiver implements AutoCloseable {

  private static final Duration BOUND = Duration.ofSeconds(20);
  // Small, so that a client that stops listening soon stops a large answer.
  private static final int SEND_BUFFER = 1 << 16;
  private static final int LOOK_AGAIN_MILLIS = 20;

  private final ServerSocket listener;
  private final Map<String, Deque<Answer>> scripts = new ConcurrentHashMap<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final List<Received> requests = new ArrayList<>();
  private final List<Socket> open = new ArrayList<>();
  private final AtomicInteger letGo = new AtomicInteger();

  private Receiver() throws IOException {
    listener = new ServerSocket();
    listener.setReuseAddress(true);
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_000);
  }

  public static Receiver start() {
    try {
      var receiver = new Receiver();
      Thread.startVirtualThread(receiver::accept);
      return receiver;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** Where a path of it is reached. */
  public URI url(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  /** Answers the path's next requests by these in turn, and all later ones by the last. */
  public void on(String path, Answer... answers) {
    scripts.put(path, new ArrayDeque<>(List.of(answers)));
  }

  /** Fails the path's next requests with this status, and accepts what comes after them. */
  public void fail(String path, int times, int status) {
    Deque<Answer> answers = new ArrayDeque<>();
    for (int i = 0; i < times; i++) {
      answers.add(Answer.status(status));
    }
    answers.add(Answer.ok());
    scripts.put(path, answers);
  }

  /** Lets the requests that have come so far, and stall, have a 200. */
  public void letGo() {
    letGo.incrementAndGet();
  }

  /** Connections since the start, whether or not a request came on them. */
  public int connections() {
    return connections.get();
  }

  /** Every request so far, in the order of arrival. */
  public List<Received> requests() {
    return matching(request -> true);
  }

  public List<Received> requests(String path) {
    return matching(request -> request.path().equals(path));
  }

  /** The path's requests once there are so many. */
  public List<Received> await(String path, int count) throws InterruptedException {
    return await(path, count, BOUND);
  }

  public List<Received> await(String path, int count, Duration bound) throws InterruptedException {
    return await(request -> request.path().equals(path), count, bound);
  }

  /** The requests that match once there are so many; fails if they do not come. */
  public List<Received> await(Predicate<Received> which, int count, Duration bound)
      throws InterruptedException {
    lock.lock();
    try {
      long left = bound.toNanos();
      while (matching(which).size() < count) {
        if (left <= 0) {
          throw new AssertionError(
              "%d requests within %s, not %d: %s"
                  .formatted(matching(which).size(), bound, count, requests));
        }
        left = arrived.awaitNanos(left);
      }
      return matching(which);
    } finally {
      lock.unlock();
    }
  }

  /** Forgets the requests so far and what paths were told. */
  public void forget() {
    scripts.clear();
    lock.lock();
    try {
      requests.clear();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      listener.close();
      for (Socket socket : sockets()) {
        socket.close();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private List<Received> matching(Predicate<Received> which) {
    lock.lock();
    try {
      return requests.stream().filter(which).toList();
    } finally {
      lock.unlock();
    }
  }

  private List<Socket> sockets() {
    lock.lock();
    try {
      return List.copyOf(open);
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        var socket = listener.accept();
        connections.incrementAndGet();
        Thread.startVirtualThread(() -> serve(socket));
      } catch (IOException closing) {
        // The listener goes on until it is closed.
      }
    }
  }

  private void serve(Socket accepted) {
    lock.lock();
    try {
      open.add(accepted);
    } finally {
      lock.unlock();
    }
    try (Socket socket = accepted) {
      socket.setTcpNoDelay(true);
      socket.setSendBufferSize(SEND_BUFFER);
      var in = new BufferedInputStream(socket.getInputStream());
      boolean goesOn = true;
      while (goesOn) {
        Received request = RequestReader.read(in, Clock.systemUTC());
        Answer answer = next(request.path());
        // Before anybody can know of the request: who lets it go may do so before it stalls.
        int letGoBefore = letGo.get();
        remember(request);
        try {
          goesOn = answer(answer, letGoBefore, request, socket);
        } finally {
          request.end();
        }
      }
    } catch (IOException left) {
      // The client went away, as clients do.
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      lock.lock();
      try {
        open.remove(accepted);
      } finally {
        lock.unlock();
      }
    }
  }

  private void remember(Received request) {
    lock.lock();
    try {
      requests.add(request);
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private Answer next(String path) {
    Deque<Answer> script = scripts.get(path);
    if (script == null) {
      return Answer.ok();
    }
    synchronized (script) {
      return script.size() > 1 ? script.removeFirst() : script.getFirst();
    }
  }

  private boolean answer(Answer answer, int letGoBefore, Received request, Socket socket)
      throws IOException, InterruptedException {
    return switch (answer) {
      case Answer.Status(int status, var headers, String body) -> {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        send(socket, request, head(status, headers, bytes.length));
        send(socket, request, bytes);
        yield true;
      }
      case Answer.StallBeforeHeaders() ->
          stall(socket, letGoBefore) && answer(Answer.ok(), letGoBefore, request, socket);
      case Answer.StallAfterHeaders() -> {
        send(socket, request, head(200, Map.of(), 2));
        boolean released = stall(socket, letGoBefore);
        if (released) {
          send(socket, request, ascii("ok"));
        }
        yield released;
      }
      case Answer.Drip(Duration between) -> {
        send(socket, request, head(200, Map.of(), Integer.MAX_VALUE));
        while (!closed.await(between.toMillis(), TimeUnit.MILLISECONDS)) {
          send(socket, request, ascii("."));
        }
        yield false;
      }
      case Answer.Large(int status, long bytes) -> {
        send(socket, request, head(status, Map.of(), bytes));
        byte[] piece = new byte[8_192];
        for (long left = bytes; left > 0; left -= piece.length) {
          send(socket, request, left < piece.length ? new byte[(int) left] : piece);
        }
        yield true;
      }
      case Answer.Hangup() -> false;
      case Answer.Garbage(String text) -> {
        send(socket, request, ascii(text));
        yield false;
      }
    };
  }

  private static byte[] head(int status, Map<String, String> headers, long length) {
    var head = new StringBuilder("HTTP/1.1 %d Said\r\n".formatted(status));
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    if (status != 204) {
      head.append("content-length: ").append(length).append("\r\n");
    }
    return ascii(head.append("\r\n").toString());
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void send(Socket socket, Received request, byte[] bytes) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(bytes);
    out.flush();
    request.add(bytes.length);
  }

  /** Returns once let go, true, or once the client has left, false. */
  private boolean stall(Socket socket, int letGoBefore) throws IOException {
    socket.setSoTimeout(LOOK_AGAIN_MILLIS);
    try {
      while (letGo.get() == letGoBefore) {
        try {
          if (socket.getInputStream().read() < 0) {
            return false;
          }
        } catch (SocketTimeoutException stillThere) {
          // It waits on.
        }
      }
      return true;
    } finally {
      socket.setSoTimeout(0);
    }
  }
}
