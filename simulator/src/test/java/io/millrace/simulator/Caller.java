package io.millrace.simulator;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Calls a simulator as a client does. */
final class Caller implements AutoCloseable {
  static final String HELLO =
      """
      {"model":"claude-haiku-5-5","max_tokens":1024,"messages":[{"role":"user","content":"Hello"}]}\
      """;

  /** One reply. */
  record Answer(int status, HttpResponse<String> http) {
    JsonNode json() {
      return JsonMapper.shared().readTree(http.body());
    }

    String body() {
      return http.body();
    }

    String header(String name) {
      return http.headers().firstValue(name).orElse("");
    }

    String errorType() {
      return json().path("error").path("type").asString("");
    }

    String message() {
      return json().path("error").path("message").asString("");
    }

    JsonNode usage() {
      return json().path("usage");
    }
  }

  private final URI base;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  Caller(Simulator simulator) {
    base = simulator.baseUri();
  }

  static String ask(String model, String text) {
    return JsonMapper.shared()
        .createObjectNode()
        .put("model", model)
        .put("max_tokens", 1024)
        .set(
            "messages",
            JsonMapper.shared()
                .createArrayNode()
                .add(
                    JsonMapper.shared()
                        .createObjectNode()
                        .put("role", "user")
                        .put("content", text)))
        .toString();
  }

  static String streaming(String body) {
    return body.substring(0, body.lastIndexOf('}')) + ",\"stream\":true}";
  }

  Answer hello(String... headers) throws IOException, InterruptedException {
    return message(HELLO, headers);
  }

  Answer message(String body, String... headers) throws IOException, InterruptedException {
    return post("/v1/messages", body, headers);
  }

  CompletableFuture<HttpResponse<String>> later(String body, String... headers) {
    return http.sendAsync(
        request("/v1/messages", with(headers)).POST(BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  Answer post(String path, String body, String... headers)
      throws IOException, InterruptedException {
    return send(request(path, with(headers)).POST(BodyPublishers.ofString(body)).build());
  }

  Answer get(String path) throws IOException, InterruptedException {
    return send(request(path, with()).GET().build());
  }

  Answer delete(String path) throws IOException, InterruptedException {
    return send(request(path, with()).DELETE().build());
  }

  /** With these headers and no others. */
  Answer bare(String path, String body, String... headers)
      throws IOException, InterruptedException {
    return send(request(path, List.of(headers)).POST(BodyPublishers.ofString(body)).build());
  }

  Answer send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
    return new Answer(response.statusCode(), response);
  }

  HttpRequest.Builder request(String path, List<String> headers) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(base.resolve(path)).timeout(Duration.ofSeconds(20));
    if (!headers.isEmpty()) {
      builder.headers(headers.toArray(String[]::new));
    }
    return builder;
  }

  static List<String> with(String... headers) {
    List<String> all =
        new ArrayList<>(List.of("x-api-key", "any", "content-type", "application/json"));
    all.addAll(Arrays.asList(headers));
    if (!all.contains("anthropic-version")) {
      all.addAll(List.of("anthropic-version", "2026-10-21"));
    }
    return all;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
