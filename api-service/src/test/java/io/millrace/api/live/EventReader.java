package io.millrace.api.live;

import io.millrace.api.RunningApi;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client of a stream, on a socket of its own that can be cut or left unread. */
final class EventReader implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Event END = new Event("", "", "");

  private final Socket socket = new Socket();
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final BufferedReader in;
  private final int status;
  private final Map<String, String> headers = new HashMap<>();
  private volatile String lastId = "";
  private final AtomicInteger comments = new AtomicInteger();

  /** An event as it came. */
  record Event(String type, String id, String data) {
    JsonNode json() {
      return JSON.readTree(data);
    }

    String job() {
      return json().path("id").asString();
    }
  }

  private EventReader(RunningApi api, String key, String path, String lastEventId, int window)
      throws IOException {
    if (window > 0) {
      socket.setReceiveBufferSize(window);
    }
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), api.port()));
    socket.setSoTimeout(60_000);
    String last = lastEventId.isEmpty() ? "" : "last-event-id: " + lastEventId + "\r\n";
    socket
        .getOutputStream()
        .write(
            "GET %s HTTP/1.1\r\nhost: a\r\nauthorization: Bearer %s\r\n%s\r\n"
                .formatted(path, key, last)
                .getBytes(StandardCharsets.UTF_8));
    in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8), 512);
    status = Integer.parseInt(in.readLine().substring(9, 12));
    for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(java.util.Locale.ROOT),
          line.substring(colon + 1).strip());
    }
  }

  /** Opens a stream as {@code acme} and reads it in the background. */
  static EventReader open(RunningApi api, String path, String lastEventId) throws IOException {
    return openAs("acme-key", api, path, lastEventId);
  }

  static EventReader openAs(String key, RunningApi api, String path, String lastEventId)
      throws IOException {
    var reader = new EventReader(api, key, path, lastEventId, 0);
    if (reader.status == 429) {
      throw new AssertionError("the test has too many streams open");
    }
    return reader.status == 200 ? reader.read() : reader;
  }

  /** Opens a stream whose client reads nothing until it is told to. */
  static EventReader openUnread(RunningApi api, String path) throws IOException {
    return new EventReader(api, "acme-key", path, "", 65_536);
  }

  int status() {
    return status;
  }

  String header(String name) {
    return headers.getOrDefault(name, "");
  }

  String lastId() {
    return lastId;
  }

  int comments() {
    return comments.get();
  }

  EventReader read() {
    Thread.ofVirtual().start(this::readAll);
    return this;
  }

  /** The next event; fails where none comes in time, null at the end of the stream. */
  Event next(Duration atMost) throws InterruptedException {
    Event event = events.poll(atMost.toMillis(), TimeUnit.MILLISECONDS);
    if (event == null) {
      throw new AssertionError("no event within " + atMost);
    }
    return event.equals(END) ? null : event;
  }

  Event next() throws InterruptedException {
    return next(Duration.ofSeconds(10));
  }

  /** The next event, if it is there by then. */
  Event poll(Duration atMost) throws InterruptedException {
    Event event = events.poll(atMost.toMillis(), TimeUnit.MILLISECONDS);
    return event == null || event.equals(END) ? null : event;
  }

  private void readAll() {
    try {
      String type = "";
      String id = "";
      String data = "";
      for (String line = line(); line != null; line = line()) {
        if (line.isEmpty()) {
          if (!data.isEmpty()) {
            events.add(new Event(type, id, data));
          }
          type = "";
          id = "";
          data = "";
        } else if (line.startsWith("event: ")) {
          type = line.substring(7);
        } else if (line.startsWith("id: ")) {
          id = line.substring(4);
          lastId = id;
        } else if (line.startsWith("data: ")) {
          data = line.substring(6);
        } else if (line.startsWith(":")) {
          comments.incrementAndGet();
        }
      }
    } catch (IOException cut) {
      // As its end.
    }
    events.add(END);
  }

  private String chunk = "";

  /** The next line within the chunks of the body. */
  private String line() throws IOException {
    var line = new StringBuilder();
    while (true) {
      while (chunk.isEmpty()) {
        String size = in.readLine();
        if (size == null || size.equals("0")) {
          return null;
        }
        char[] body = new char[Integer.parseInt(size, 16)];
        for (int read = 0; read < body.length; ) {
          int more = in.read(body, read, body.length - read);
          if (more < 0) {
            return null;
          }
          read += more;
        }
        in.readLine();
        chunk = new String(body);
      }
      int end = chunk.indexOf('\n');
      if (end >= 0) {
        line.append(chunk, 0, end);
        chunk = chunk.substring(end + 1);
        return line.toString();
      }
      line.append(chunk);
      chunk = "";
    }
  }

  @Override
  public void close() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }
}
