package io.millrace.api;

import io.millrace.db.sql.Database;
import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service as it runs for its users: over HTTP, on a real PostgreSQL. */
public final class RunningApi implements AutoCloseable {

  public static final String PARAMS =
      "{\"model\":\"claude-sonnet-5-5\",\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  public static final String BODY = "{\"params\":" + PARAMS + "}";

  private static final JsonMapper JSON = new JsonMapper();

  private final Database.Address database;
  private final ConfigurableApplicationContext context;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private RunningApi(Database.Address database, ConfigurableApplicationContext context) {
    this.database = database;
    this.context = context;
  }

  /**
   * Starts it with two tenants, {@code acme} and {@code rival}, an operator, {@code staff}, and
   * whatever else is said.
   */
  public static RunningApi start(PostgresExtension postgres, String... properties) {
    Database.Address database = postgres.address();
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("server.port", "0");
    settings.put("server.address", "127.0.0.1");
    settings.put("spring.datasource.url", database.url());
    settings.put("spring.datasource.username", database.username());
    settings.put("spring.datasource.password", database.password());
    settings.put("millrace.api-keys", "acme:acme-key,rival:rival-key,staff:staff-key:operator");
    for (String property : properties) {
      int equals = property.indexOf('=');
      settings.put(property.substring(0, equals), property.substring(equals + 1));
    }
    String[] arguments =
        settings.entrySet().stream()
            .map(entry -> "--" + entry.getKey() + "=" + entry.getValue())
            .toArray(String[]::new);
    return new RunningApi(database, ApiApplication.application().run(arguments));
  }

  public ConfigurableApplicationContext context() {
    return context;
  }

  public int port() {
    return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  /** An answer and its body read as JSON. */
  public record Answer(HttpResponse<byte[]> response, JsonNode json) {

    public int status() {
      return response.statusCode();
    }

    public String header(String name) {
      return response.headers().firstValue(name).orElse(null);
    }

    public String text(String... path) {
      JsonNode node = json;
      for (String name : path) {
        node = node.path(name);
      }
      return node.isNull() || node.isMissingNode() ? null : node.asString();
    }
  }

  public Answer post(String body) {
    return post(body, request -> request);
  }

  public Answer post(String body, UnaryOperator<HttpRequest.Builder> changes) {
    return send(
        "/v1/jobs",
        request ->
            changes.apply(
                request
                    .header("content-type", "application/json")
                    .POST(BodyPublishers.ofString(body))));
  }

  public Answer get(String path) {
    return send(path, request -> request);
  }

  /** As the tenant {@code acme}. */
  public Answer send(String path, UnaryOperator<HttpRequest.Builder> changes) {
    return sendAs("acme-key", path, changes);
  }

  public Answer sendAs(String key, String path, UnaryOperator<HttpRequest.Builder> changes) {
    return sendAnonymously(
        path, request -> changes.apply(request.header("authorization", "Bearer " + key)));
  }

  public Answer sendAnonymously(String path, UnaryOperator<HttpRequest.Builder> changes) {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
            .timeout(Duration.ofSeconds(90));
    try {
      var response = client.send(changes.apply(request).build(), BodyHandlers.ofByteArray());
      return new Answer(
          response,
          JSON.readTree(
              response.body().length == 0 || !isJson(response)
                  ? "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8)
                  : response.body()));
    } catch (IOException | InterruptedException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static boolean isJson(HttpResponse<byte[]> response) {
    String type = response.headers().firstValue("content-type").orElse("json");
    return type.contains("json") && !type.contains("jsonl");
  }

  public Connection connect() throws SQLException {
    return DriverManager.getConnection(database.url(), database.username(), database.password());
  }

  /** The first column of the first row. */
  public long number(String query) {
    try (var connection = connect();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  public void execute(String statement) {
    try (var connection = connect();
        var running = connection.createStatement()) {
      running.execute(statement);
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  @Override
  public void close() {
    context.close();
    client.close();
  }
}
