package io.millrace.claude.call;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server on the loopback that speaks HTTP byte by byte, so that it can break at any of them. */
public final class RawServer implements AutoCloseable {
  private final ServerSocket listener;
  private final Script script;
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final ConcurrentLinkedQueue<Socket> sockets = new ConcurrentLinkedQueue<>();

  /** What happens on one connection; its socket is closed afterwards. */
  public interface Script {
    void run(Connection connection) throws IOException, InterruptedException;
  }

  /** A request as it came; header names are lower-case. */
  public record Request(String line, Map<String, String> headers, byte[] body) {}

  public RawServer(Script script) {
    this.script = script;
    try {
      listener = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  /** A server that gives every request the same answer. */
  public static RawServer answering(String head, byte[] body) {
    byte[] reply = reply(head + "\r\ncontent-length: " + body.length, body);
    return new RawServer(connection -> {
      while (connection.read() != null) {
        connection.write(reply);
      }
    });
  }

  /** A reply from its head, without the empty line, and its body. */
  public static byte[] reply(String head, byte[] body) {
    var out = new ByteArrayOutputStream();
    out.writeBytes((head + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
    out.writeBytes(body);
    return out.toByteArray();
  }

  public URI uri() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  /** The requests whose last byte arrived. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  @Override
  public void close() {
    try {
      listener.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        sockets.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      script.run(new Connection(socket));
    } catch (IOException e) {
      // The client hung up, as many tests make it do.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    sockets.remove(socket);
  }

  /** One accepted connection. */
  public final class Connection {
    private final Socket socket;

    private Connection(Socket socket) throws SocketException {
      this.socket = socket;
      socket.setTcpNoDelay(true);
    }

    /** The next request; null once the client has closed the connection. */
    public Request read() throws IOException {
      InputStream in = socket.getInputStream();
      String line = line(in);
      if (line.isEmpty()) {
        return null;
      }
      var headers = new TreeMap<String, String>();
      for (String header = line(in); !header.isEmpty(); header = line(in)) {
        int colon = header.indexOf(':');
        headers.put(
            header.substring(0, colon).toLowerCase(Locale.ROOT),
            header.substring(colon + 1).strip());
      }
      int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
      var request = new Request(line, headers, in.readNBytes(length));
      requests.add(request);
      return request;
    }

    /** Waits for the first byte of a request and leaves the rest. */
    public void readByte() throws IOException {
      socket.getInputStream().read();
    }

    public void write(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    }

    public void write(String text) throws IOException {
      write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Closes with a reset instead of a proper end. */
    public void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    private static String line(InputStream in) throws IOException {
      var line = new StringBuilder();
      for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
        if (b != '\r') {
          line.append((char) b);
        }
      }
      return line.toString();
    }
  }
}
