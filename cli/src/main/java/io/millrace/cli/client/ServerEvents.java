package io.millrace.cli.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads server-sent events over as many connections as it takes: remembers the place to go on from,
 * and gives each event once.
 */
final class ServerEvents {

  /** A server may repeat the last half minute. */
  private static final int REMEMBERED = 100_000;

  private final Consumer<Event> sink;
  private final Set<String> seen = new LinkedHashSet<>();
  private @Nullable String lastId;
  private long heard = System.nanoTime();

  /** What an event says. */
  record Event(String type, String data) {}

  ServerEvents(@Nullable String lastId, Consumer<Event> sink) {
    this.lastId = lastId;
    this.sink = sink;
  }

  @Nullable String lastId() {
    return lastId;
  }

  /** When something last came, were it only a sign of life. */
  long heard() {
    return heard;
  }

  /** Reads one connection to its end. */
  void read(InputStream body) throws IOException {
    var in = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    String type = "";
    String id = null;
    var data = new StringBuilder();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      heard = System.nanoTime();
      if (line.startsWith("event: ")) {
        type = line.substring("event: ".length());
      } else if (line.startsWith("id: ")) {
        id = line.substring("id: ".length());
      } else if (line.startsWith("data: ")) {
        data.append(line.substring("data: ".length()));
      } else if (line.isEmpty()) {
        lastId = id == null ? lastId : id;
        if (!data.isEmpty() && isNew(id)) {
          sink.accept(new Event(type, data.toString()));
        }
        type = "";
        id = null;
        data.setLength(0);
      }
    }
  }

  private boolean isNew(@Nullable String id) {
    if (id == null) {
      return true;
    }
    boolean isNew = seen.add(id);
    if (seen.size() > REMEMBERED) {
      Iterator<String> oldest = seen.iterator();
      oldest.next();
      oldest.remove();
    }
    return isNew;
  }
}
