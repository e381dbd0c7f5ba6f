package io.millrace.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A line to a server on this machine that can fail as networks do. It carries bytes both ways until
 * told otherwise; a fault is a value set from outside, and {@link #heal} ends it for connections
 * that can still be healed and for all new ones.
 *
 * <ul>
 *   <li>{@link #cut}: the connections of this moment are forgotten, as by a firewall: both ends
 *       keep an open socket on which nothing ever arrives again. New ones work.
 *   <li>{@link #silence}: nothing passes on any connection, old or new, and what was sent meanwhile
 *       arrives after {@link #heal}, as in a partition.
 *   <li>{@link #reset}: the connections of this moment end with a reset. New ones work.
 *   <li>{@link #refuse}: as a reset, and new ones are reset as well until healed.
 *   <li>{@link #slow}: each piece of data takes so much longer, each way.
 *   <li>{@link #loseReplyTo}: the server does one thing that it was asked, and its reply gets lost.
 * </ul>
 *
 * <p>Methods may be called from any thread.
 */
public final class FaultyLine implements AutoCloseable {

  private final ServerSocket listener;
  private final int target;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean silent;
  private Duration delay = Duration.ZERO;
  private volatile boolean refusing;
  private volatile @Nullable String loseReplyTo;

  /** A line to {@code port} on this machine, at {@link #port}. */
  public FaultyLine(int port) {
    this.target = port;
    try {
      listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    Thread.startVirtualThread(this::accept);
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** Connections that are open now, the dead among them. */
  public int connections() {
    return links.size();
  }

  public void cut() {
    links.forEach(link -> link.dead = true);
  }

  public void silence() {
    change(() -> silent = true);
  }

  public void slow(Duration more) {
    change(() -> delay = more);
  }

  public void reset() {
    links.forEach(Link::reset);
  }

  public void refuse() {
    refusing = true;
    reset();
  }

  /** Ends silence, slowness and refusal. What was cut or reset stays so. */
  public void heal() {
    refusing = false;
    change(() -> {
      silent = false;
      delay = Duration.ZERO;
    });
  }

  /** The server does what it is asked by a message with this text in it; its reply gets lost. */
  public void loseReplyTo(String text) {
    loseReplyTo = text;
  }

  /** Whether that reply was lost. */
  public boolean hasLostReply() {
    return loseReplyTo == null;
  }

  @Override
  public void close() {
    try {
      listener.close();
      heal();
      links.forEach(Link::close);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private void change(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        var client = listener.accept();
        if (refusing) {
          reset(client);
        } else {
          connect(client);
        }
      } catch (IOException closed) {
        // The listener goes on until it is closed.
      }
    }
  }

  private void connect(Socket client) throws IOException {
    try {
      var link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), target));
      links.add(link);
      Thread.startVirtualThread(() -> link.pump(client, link.server, true));
      Thread.startVirtualThread(() -> link.pump(link.server, client, false));
    } catch (IOException serverAway) {
      reset(client);
    }
  }

  private static void reset(Socket socket) throws IOException {
    // Closing without lingering sends a reset instead of an end.
    socket.setSoLinger(true, 0);
    socket.close();
  }

  private void hold() throws InterruptedException {
    lock.lock();
    try {
      long left = delay.toNanos();
      while (silent || left > 0) {
        if (silent) {
          changed.await();
        } else {
          left = changed.awaitNanos(left);
        }
        left = Math.min(left, delay.toNanos());
      }
    } finally {
      lock.unlock();
    }
  }

  private final class Link {

    private final Socket client;
    private final Socket server;
    private volatile boolean dead;
    private volatile boolean losing;

    Link(Socket client, Socket server) throws IOException {
      this.client = client;
      this.server = server;
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
    }

    void pump(Socket from, Socket to, boolean asking) {
      try {
        carry(from.getInputStream(), to.getOutputStream(), asking);
      } catch (IOException gone) {
        // As at the end of the stream.
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      // A dead line does not even carry the news of its end.
      if (!dead) {
        close();
      }
    }

    private void carry(InputStream from, OutputStream to, boolean asking)
        throws IOException, InterruptedException {
      byte[] buffer = new byte[1 << 16];
      for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
        hold();
        if (dead) {
          continue;
        }
        if (asking) {
          listen(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
        } else if (losing) {
          return;
        }
        to.write(buffer, 0, n);
      }
      hold();
    }

    private void listen(String message) {
      var text = loseReplyTo;
      if (text != null && message.contains(text)) {
        losing = true;
        loseReplyTo = null;
      }
    }

    void reset() {
      links.remove(this);
      try {
        FaultyLine.reset(client);
        FaultyLine.reset(server);
      } catch (IOException gone) {
        close();
      }
    }

    void close() {
      try (client;
          server) {
        links.remove(this);
      } catch (IOException gone) {
        links.remove(this);
      }
    }
  }
}
