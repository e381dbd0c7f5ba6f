package io.millrace.api.live;

import io.millrace.api.live.LiveStream.Ending;
import io.millrace.api.patience.Paced;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** The body of a stream, in the form of server-sent events. */
final class EventOutput {

  private static final int LEAST_RETRY = 1_000;
  private static final int MOST_RETRY = 4_000;

  private final HttpServletResponse response;
  private final OutputStream body;
  private final StreamMeters meters;

  private EventOutput(HttpServletResponse response, StreamMeters meters) throws IOException {
    this.response = response;
    this.body = new Paced(response.getOutputStream());
    this.meters = meters;
  }

  /** The head alone. */
  static void head(HttpServletResponse response) {
    response.setContentType("text/event-stream");
    response.setHeader("cache-control", "no-cache, no-transform");
    // For proxies that would collect a body before they pass it on.
    response.setHeader("x-accel-buffering", "no");
  }

  /**
   * Begins the body, for which the client need not wait for an event. Clients come back after a
   * time that differs, or all that a restart has cut would come at once.
   *
   * @param cursor what to go on from where no event was seen yet
   */
  static EventOutput begin(
      HttpServletResponse response, StreamMeters meters, @Nullable String cursor)
      throws IOException {
    head(response);
    var output = new EventOutput(response, meters);
    int retry = ThreadLocalRandom.current().nextInt(LEAST_RETRY, MOST_RETRY);
    output.write("retry: " + retry + "\n" + line(cursor) + "\n");
    response.flushBuffer();
    return output;
  }

  /** Sends the events. */
  void send(List<LiveEvent> events) throws IOException {
    if (events.isEmpty()) {
      return;
    }
    for (LiveEvent event : events) {
      body.write(event.block());
    }
    response.flushBuffer();
    meters.sent(events.size());
  }

  /** A sign of life. */
  void keepAlive(@Nullable String cursor) throws IOException {
    write(": keep-alive\n" + line(cursor) + "\n");
    response.flushBuffer();
  }

  /** Says why the stream ends although its subject goes on. */
  void end(Ending reason) throws IOException {
    meters.cut(reason);
    write(
        "event: stream.ended\ndata: {\"type\":\"stream\",\"status\":\"ended\",\"reason\":\"%s\"}\n\n"
            .formatted(StreamMeters.wireName(reason)));
    response.flushBuffer();
  }

  private static String line(@Nullable String cursor) {
    // An id without data is no event; the client keeps it as the last one that it saw.
    return cursor == null ? "" : "id: " + cursor + "\n";
  }

  private void write(String text) throws IOException {
    body.write(text.getBytes(StandardCharsets.UTF_8));
  }
}
