package io.millrace.cli.bulk;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Batches as Millrace serves them, in memory: idempotent creation, live counts, results by cursor.
 * How many items end from one look to the next, and what goes wrong, a test says.
 */
final class FakeBatches implements AutoCloseable {

  private static final Pattern CUSTOM_ID = Pattern.compile("\"custom_id\": ?\"([^\"]+)\"");

  private final HttpServer server;
  private final Map<String, Made> batches = new LinkedHashMap<>();
  private final Map<String, String> keys = new LinkedHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
  private final List<String> failing = new CopyOnWriteArrayList<>();
  private volatile int endingPerLook = Integer.MAX_VALUE;
  private volatile Runnable beforeAnswer = () -> {};
  private volatile String costPerItem = "0.01";

  /** A batch. */
  static final class Made {

    final String id;
    final String query;
    final List<String> lines;
    int ended;
    boolean canceled;
    int doneWhenCanceled;

    Made(String id, String query, List<String> lines) {
      this.id = id;
      this.query = query;
      this.lines = lines;
    }
  }

  /** What goes wrong with the next request whose method and path begin so. */
  record Fault(String on, int status, String body, String retryAfter, boolean done) {}

  FakeBatches() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  FakeBatches ending(int perLook) {
    endingPerLook = perLook;
    return this;
  }

  FakeBatches costing(String perItem) {
    costPerItem = perItem;
    return this;
  }

  FakeBatches failing(String customId) {
    failing.add(customId);
    return this;
  }

  /** Answers the next such request so, and does nothing. */
  FakeBatches refusing(String on, int status, String message) {
    faults.add(new Fault(on, status, refusal(message), "", false));
    return this;
  }

  FakeBatches away(String on) {
    faults.add(new Fault(on, 503, refusal("restarting"), "0", false));
    return this;
  }

  /** Does what the next such request asks for, and breaks the connection instead of answering. */
  FakeBatches loosingTheAnswerTo(String on) {
    faults.add(new Fault(on, 0, "", "", true));
    return this;
  }

  /** Breaks the next such answer off in the middle. */
  FakeBatches cutting(String on) {
    faults.add(new Fault(on, 200, "", "", true));
    return this;
  }

  /** Done before each answer. */
  FakeBatches before(Runnable action) {
    beforeAnswer = action;
    return this;
  }

  List<Made> batches() {
    synchronized (batches) {
      return List.copyOf(batches.values());
    }
  }

  List<String> requests() {
    return requests;
  }

  long asked(String beginning) {
    return requests.stream().filter(request -> request.startsWith(beginning)).count();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String asked = exchange.getRequestMethod() + " " + exchange.getRequestURI();
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      requests.add(asked);
      beforeAnswer.run();
      Fault fault =
          faults.stream().filter(each -> asked.startsWith(each.on())).findFirst().orElse(null);
      if (fault != null) {
        faults.remove(fault);
        if (!fault.done()) {
          if (!fault.retryAfter().isEmpty()) {
            exchange.getResponseHeaders().add("retry-after", fault.retryAfter());
          }
          send(exchange, fault.status(), fault.body());
          return;
        }
      }
      String answer;
      synchronized (batches) {
        answer = answer(exchange, asked, body);
      }
      if (fault == null) {
        send(exchange, answer.startsWith("{\"type\":\"error\"") ? 404 : 200, answer);
      } else if (fault.status() == 200) {
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes, 0, bytes.length * 2 / 3);
      }
    }
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
  }

  private String answer(HttpExchange exchange, String asked, String body) {
    if (asked.startsWith("POST /v1/messages/batches?")
        || asked.equals("POST /v1/messages/batches")) {
      return create(exchange, asked, body);
    }
    Matcher id = Pattern.compile("/v1/messages/batches/(\\w+)").matcher(asked);
    Made batch = id.find() ? batches.get(id.group(1)) : null;
    if (asked.startsWith("GET /v1/messages/batches?")) {
      List<String> all = new ArrayList<>();
      batches.values().forEach(each -> all.addFirst(shown(each)));
      return "{\"data\":[%s],\"has_more\":false}".formatted(String.join(",", all));
    }
    if (batch == null) {
      return refusal("There is no such batch");
    }
    if (asked.contains("/results")) {
      return results(batch, asked.replaceFirst(".*&after=", ""));
    }
    if (asked.startsWith("DELETE")) {
      batches.remove(batch.id);
      return "{\"id\":\"%s\",\"type\":\"message_batch_deleted\"}".formatted(batch.id);
    }
    if (asked.startsWith("POST")) {
      batch.canceled = true;
      batch.doneWhenCanceled = batch.ended;
      return shown(batch);
    }
    long rest = (long) batch.ended + endingPerLook;
    batch.ended = batch.canceled ? batch.lines.size() : (int) Math.min(batch.lines.size(), rest);
    return shown(batch);
  }

  private String create(HttpExchange exchange, String asked, String body) {
    String key = Objects.requireNonNull(exchange.getRequestHeaders().getFirst("idempotency-key"));
    String known = keys.get(key);
    if (known != null) {
      exchange.getResponseHeaders().add("idempotent-replayed", "true");
      Made made = batches.get(known);
      if (made == null || !String.join("\n", made.lines).equals(body.strip())) {
        return refusal("another body under the same key");
      }
      return shown(made);
    }
    var made =
        new Made(
            "msgbatch_" + (batches.size() + 1),
            asked.replaceFirst(".*batches\\??", ""),
            body.lines().toList());
    batches.put(made.id, made);
    keys.put(key, made.id);
    return shown(made);
  }

  private String type(Made batch, int index) {
    if (batch.canceled && index >= batch.doneWhenCanceled) {
      return "canceled";
    }
    return failing.contains(customId(batch, index)) ? "errored" : "succeeded";
  }

  private static String customId(Made batch, int index) {
    Matcher id = CUSTOM_ID.matcher(batch.lines.get(index));
    if (!id.find()) {
      throw new AssertionError("no custom_id");
    }
    return id.group(1);
  }

  private String results(Made batch, String after) {
    int from = after.matches("\\d+") ? Integer.parseInt(after) : 0;
    var lines = new StringBuilder();
    for (int i = from; i < batch.ended; i++) {
      lines.append(line(customId(batch, i), type(batch, i), i + 1));
    }
    return lines.toString();
  }

  static String line(String customId, String type, int cursor) {
    return "{\"custom_id\":\"%s\",\"result\":{\"type\":\"%s\",\"message\":{\"type\":\"message\",\"content\":[]}},\"millrace\":{\"job_id\":\"job_x\",\"cursor\":\"%d\"}}\n"
        .formatted(customId, type, cursor);
  }

  private String shown(Made batch) {
    int succeeded = 0;
    int errored = 0;
    int canceled = 0;
    for (int i = 0; i < batch.ended; i++) {
      switch (type(batch, i)) {
        case "succeeded" -> succeeded++;
        case "errored" -> errored++;
        default -> canceled++;
      }
    }
    boolean over = batch.ended == batch.lines.size();
    String cost =
        new java.math.BigDecimal(costPerItem)
            .multiply(java.math.BigDecimal.valueOf(succeeded))
            .toPlainString();
    return """
    {"id":"%s","type":"message_batch","processing_status":"%s","created_at":"2026-11-29T10:00:00.000000Z",
    "request_counts":{"processing":%d,"succeeded":0,"errored":0,"canceled":0,"expired":0},
    "millrace":{"backend":"auto","lane":"bulk","counts":{"processing":%d,"succeeded":%d,"errored":%d,"canceled":%d,"expired":0},
    "items_per_second":2.5,"cost":{"currency":"USD","amount":"%s","suspected":"0"},
    "usage":{"input_tokens":%d,"output_tokens":%d}}}\
    """
        .formatted(
            batch.id,
            over ? "ended" : batch.canceled ? "canceling" : "in_progress",
            batch.lines.size(),
            batch.lines.size() - batch.ended,
            succeeded,
            errored,
            canceled,
            cost,
            10 * batch.ended,
            5 * batch.ended);
  }

  static String refusal(String message) {
    return "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"%s\"}}"
        .formatted(message);
  }

  @Nullable Made batch(String id) {
    synchronized (batches) {
      return batches.get(id);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
