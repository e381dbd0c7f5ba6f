package io.millrace.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers what a test tells it to, in order, and keeps what it was asked. */
final class FakeMillrace implements AutoCloseable {

  private final HttpServer server;
  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>(new ArrayDeque<>());
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  record Answer(int status, String body) {}

  record Request(String method, String uri, Map<String, List<String>> headers, String body) {

    String header(String name) {
      return headers.entrySet().stream()
          .filter(header -> header.getKey().equalsIgnoreCase(name))
          .map(header -> header.getValue().getFirst())
          .findFirst()
          .orElse("");
    }
  }

  FakeMillrace() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  FakeMillrace answer(int status, String body) {
    answers.add(new Answer(status, body));
    return this;
  }

  List<Request> requests() {
    return requests;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.add(
          new Request(
              exchange.getRequestMethod(),
              exchange.getRequestURI().toString(),
              Map.copyOf(exchange.getRequestHeaders()),
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
      Answer answer = answers.remove();
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status(), body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }

  static String queued() {
    return "{\"id\":\"job_1\",\"type\":\"job\",\"status\":\"queued\",\"waiting_for\":\"dispatch\"}";
  }

  static String succeeded(String text) {
    return """
    {"id":"job_1","type":"job","status":"succeeded","created_at":"2026-11-20T10:00:00.000000Z",
     "finished_at":"2026-11-20T10:00:01.240000Z","attempts":1,"result":{"type":"succeeded","message":
     {"content":[{"type":"text","text":"%s"}],"stop_reason":"end_turn"}},
     "usage":{"input_tokens":12,"output_tokens":87,"cache_read_input_tokens":0,"cache_creation_input_tokens":0},
     "cost":{"currency":"USD","amount":"0.000045","suspected":"0.000000"}}
    """
        .formatted(text);
  }

  static String failed() {
    return """
    {"id":"job_1","type":"job","status":"failed","attempts":6,
     "failure":{"code":"overloaded","class":"retryable","message":"Claude was overloaded"},
     "usage":{"input_tokens":0,"output_tokens":0},"cost":{"amount":"0.000000","suspected":"0.010000"}}
    """;
  }

  static String refusal(String type, String message) {
    return "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"}}"
        .formatted(type, message);
  }
}
