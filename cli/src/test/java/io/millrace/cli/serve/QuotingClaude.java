package io.millrace.cli.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/**
 * A Claude that says again what it was told, in every way in which an answer can go wrong: which
 * one, the prompt says.
 */
final class QuotingClaude implements AutoCloseable {

  private final HttpServer server;
  private final String answer;

  QuotingClaude(String answer) {
    this.answer = answer;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/messages", this::message);
    server.createContext("/v1/models", exchange -> reply(exchange, 200, "{\"data\":[]}"));
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void message(HttpExchange exchange) throws IOException {
    String told =
        new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)
            + " "
            + exchange.getRequestHeaders().getFirst("x-api-key");
    String quoted = told.replace("\\", "").replace("\"", "'");
    if (told.contains("please refuse")) {
      reply(
          exchange,
          400,
          "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\""
              + quoted
              + "\"}}");
    } else if (told.contains("please babble")) {
      reply(exchange, 200, "<html>" + told + answer);
    } else if (told.contains("please overload")) {
      reply(exchange, 529, "overloaded by " + told);
    } else if (told.contains("please break off")) {
      exchange.sendResponseHeaders(200, 100_000);
      exchange.getResponseBody().write(message().getBytes(StandardCharsets.UTF_8));
      exchange.getResponseBody().flush();
      exchange.close();
    } else {
      reply(exchange, 200, message());
    }
  }

  private String message() {
    return """
    {"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-5-5",
     "content":[{"type":"text","text":"%s"}],"stop_reason":"end_turn","stop_sequence":null,
     "usage":{"input_tokens":12,"output_tokens":5}}
    """
        .formatted(answer);
  }

  private static void reply(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("content-type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
