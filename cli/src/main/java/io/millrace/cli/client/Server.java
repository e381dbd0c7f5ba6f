package io.millrace.cli.client;

import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The Millrace that {@code MILLRACE_URL} names. */
public final class Server implements AutoCloseable {

  static final int LONGEST_WAIT = 60;

  private static final String DEFAULT_URL = "http://127.0.0.1:8080";
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  // 256 MB over a slow line, and the transaction that stores them.
  private static final Duration UPLOAD = Duration.ofMinutes(15);

  private final URI base;
  private final @Nullable String key;
  private final HttpClient http;

  /** What it said. */
  public record Answer(int status, byte[] body, HttpHeaders headers) {

    public boolean isGood() {
      return status / 100 == 2;
    }

    /** It is there, but cannot serve at the moment. */
    public boolean isAway() {
      return status == 502 || status == 503 || status == 504;
    }

    /** When it wants to be asked again, if it says so. */
    public @Nullable Duration retryAfter() {
      return headers
          .firstValue("retry-after")
          .filter(value -> value.matches("\\d{1,6}"))
          .map(value -> Duration.ofSeconds(Integer.parseInt(value)))
          .orElse(null);
    }

    /** It had accepted the same before, under the same key. */
    public boolean isReplayed() {
      return headers.firstValue("idempotent-replayed").filter("true"::equals).isPresent();
    }
  }

  private Server(URI base, @Nullable String key) {
    this.base = base;
    this.key = key;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();
  }

  /** From {@code MILLRACE_URL} and {@code MILLRACE_API_KEY}. */
  public static Server of(Terminal terminal) {
    String url = terminal.variable("MILLRACE_URL");
    String key = terminal.variable("MILLRACE_API_KEY");
    if (key != null && !key.matches("[\\x21-\\x7e]+")) {
      throw new Misused("MILLRACE_API_KEY holds characters that no key has.");
    }
    return new Server(base(url == null ? DEFAULT_URL : url), key);
  }

  private static URI base(String url) {
    try {
      URI base = URI.create(url.replaceAll("/+$", ""));
      if (base.getHost() != null && base.getScheme().matches("https?")) {
        return base;
      }
    } catch (IllegalArgumentException noUri) {
      // Said below.
    }
    throw new Misused("MILLRACE_URL should read like %s, not '%s'.".formatted(DEFAULT_URL, url));
  }

  /**
   * Submits a job. A connection that breaks is tried once more: the key makes both one submission.
   */
  Answer submit(byte[] body, String idempotencyKey) throws InterruptedException {
    HttpRequest request =
        request("/v1/jobs", ANSWER)
            .header("content-type", "application/json")
            .header("idempotency-key", idempotencyKey)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    try {
      return send(request);
    } catch (Unreachable broken) {
      if (broken.getCause() instanceof ConnectException) {
        throw broken;
      }
      return send(request);
    }
  }

  /** The job, held back up to {@code wait} seconds for its end. */
  Answer job(String id, int wait) throws InterruptedException {
    String query = wait > 0 ? "?wait=" + wait : "";
    return send(request("/v1/jobs/" + id + query, ANSWER.plusSeconds(wait)).GET().build());
  }

  /** What is at that path. */
  public Answer get(String path) throws InterruptedException {
    return send(request(path, ANSWER).GET().build());
  }

  /** Takes a body as it comes. */
  public interface Reader {
    void read(InputStream body) throws IOException;
  }

  /**
   * Gives what is at that path to {@code reader}, and returns null, or the refusal.
   *
   * @throws Unreachable if the connection broke, perhaps after a part of the body
   */
  public @Nullable Answer stream(String path, Reader reader) throws InterruptedException {
    return reaching(() -> {
      HttpResponse<InputStream> response =
          http.send(request(path, ANSWER).GET().build(), HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        if (response.statusCode() != 200) {
          return new Answer(response.statusCode(), body.readAllBytes(), response.headers());
        }
        reader.read(body);
        return null;
      }
    });
  }

  /** Sums of usage; each parameter of the question as it stands. */
  Answer usage(Map<String, String> question) throws InterruptedException {
    String query =
        question.entrySet().stream()
            .map(each ->
                each.getKey() + "=" + URLEncoder.encode(each.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    return send(request("/v1/usage?" + query, ANSWER).GET().build());
  }

  /** Does something to one job or to many. */
  public Answer post(String path, byte[] body) throws InterruptedException {
    return send(
        request(path, ANSWER)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build());
  }

  /**
   * Submits what a file holds, a line each, straight from the disk. Asked again with its key, it is
   * one.
   */
  public Answer upload(String path, Path lines, String idempotencyKey)
      throws IOException, InterruptedException {
    return send(
        request(path, UPLOAD)
            .header("content-type", "application/x-ndjson")
            .header("idempotency-key", idempotencyKey)
            .POST(HttpRequest.BodyPublishers.ofFile(lines))
            .build());
  }

  /** Where it is. */
  public URI address() {
    return base;
  }

  public Answer delete(String path) throws InterruptedException {
    return send(request(path, ANSWER).DELETE().build());
  }

  private HttpRequest.Builder request(String path, Duration bound) {
    var request = HttpRequest.newBuilder(URI.create(base + path)).timeout(bound);
    return key == null ? request : request.header("x-api-key", key);
  }

  private Answer send(HttpRequest request) throws InterruptedException {
    return Objects.requireNonNull(
        reaching(() -> {
          HttpResponse<byte[]> response =
              http.send(request, HttpResponse.BodyHandlers.ofByteArray());
          return new Answer(response.statusCode(), response.body(), response.headers());
        }));
  }

  private interface Call {
    @Nullable Answer make() throws IOException, InterruptedException;
  }

  private @Nullable Answer reaching(Call call) throws InterruptedException {
    try {
      return call.make();
    } catch (ConnectException refused) {
      throw new Unreachable(
          "Nothing answers at %s. Is Millrace running (./millrace up)? MILLRACE_URL names another address."
              .formatted(base),
          refused);
    } catch (HttpTimeoutException silent) {
      throw new Unreachable("%s does not answer in time.".formatted(base), silent);
    } catch (IOException broken) {
      throw new Unreachable(
          "The connection to %s broke: %s".formatted(base, broken.getMessage()), broken);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
