package io.millrace.api;

import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The service in a process of its own, whose heap is as large as a test says. */
public final class ApiProcess implements AutoCloseable {

  private static final Duration BOUND = Duration.ofSeconds(60);

  private final Process process;
  private final int port;

  private ApiProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts it with the tenant {@code acme} and waits until it serves. */
  public static ApiProcess start(PostgresExtension postgres, String heap, String... settings) {
    int port = freePort();
    var address = postgres.address();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx" + heap, "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ApiApplication.class.getName());
    command.add("--server.port=" + port);
    command.add("--server.address=127.0.0.1");
    command.add("--spring.datasource.url=" + address.url());
    command.add("--spring.datasource.username=" + address.username());
    command.add("--spring.datasource.password=" + address.password());
    command.add("--millrace.api-keys=acme:acme-key");
    for (String setting : settings) {
      command.add("--" + setting);
    }
    try {
      var api = new ApiProcess(new ProcessBuilder(command).inheritIO().start(), port);
      api.awaitReady();
      return api;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private void awaitReady() {
    long deadline = System.nanoTime() + BOUND.toNanos();
    var never = new CountDownLatch(1);
    try (var client = HttpClient.newHttpClient()) {
      while (!isReady(client)) {
        if (System.nanoTime() > deadline || !process.isAlive()) {
          process.destroyForcibly();
          throw new IllegalStateException("the api does not serve");
        }
        var _ = never.await(100, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  private boolean isReady(HttpClient client) throws InterruptedException {
    var request =
        HttpRequest.newBuilder(uri("/actuator/health/readiness"))
            .timeout(Duration.ofSeconds(2))
            .build();
    try {
      return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException notYet) {
      return false;
    }
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
