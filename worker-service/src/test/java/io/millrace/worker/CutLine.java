package io.millrace.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A line to a server that can go dead: what is sent on it no longer arrives, and neither side is
 * told, as when a firewall forgets a connection. Connections opened later work.
 */
final class CutLine implements AutoCloseable {

  private final ServerSocket listener;
  private final int target;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private volatile @Nullable String loseReplyTo;

  CutLine(int target) {
    this.target = target;
    try {
      listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    Thread.startVirtualThread(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Cuts all connections of this moment, in silence. */
  void cut() {
    links.forEach(link -> link.dead = true);
  }

  /** The server does what it is asked by a message with this text in it; its reply gets lost. */
  void loseReplyTo(String text) {
    loseReplyTo = text;
  }

  /** Whether that reply was lost. */
  boolean hasLostReply() {
    return loseReplyTo == null;
  }

  @Override
  public void close() {
    try {
      listener.close();
      links.forEach(Link::close);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        var client = listener.accept();
        var link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), target));
        links.add(link);
        Thread.startVirtualThread(() -> link.pump(client, link.server, true));
        Thread.startVirtualThread(() -> link.pump(link.server, client, false));
      } catch (IOException closedOrRefused) {
        // The client sees its connection end; the listener goes on until it is closed.
      }
    }
  }

  private final class Link {

    private final Socket client;
    private final Socket server;
    private volatile boolean dead;
    private volatile boolean losing;

    Link(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void pump(Socket from, Socket to, boolean asking) {
      byte[] buffer = new byte[1 << 16];
      try {
        for (int n = from.getInputStream().read(buffer);
            n >= 0;
            n = from.getInputStream().read(buffer)) {
          if (dead) {
            continue;
          }
          if (asking) {
            listen(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
          } else if (losing) {
            close();
            return;
          }
          to.getOutputStream().write(buffer, 0, n);
        }
      } catch (IOException gone) {
        // As at the end of the stream.
      }
      // A dead line does not even carry the news of its end.
      if (!dead) {
        close();
      }
    }

    private void listen(String message) {
      var text = loseReplyTo;
      if (text != null && message.contains(text)) {
        losing = true;
        loseReplyTo = null;
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
