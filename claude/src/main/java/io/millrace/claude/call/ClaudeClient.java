package io.millrace.claude.call;

import com.anthropic.core.RequestOptions;
import com.anthropic.core.http.Headers;
import com.anthropic.core.http.HttpMethod;
import com.anthropic.core.http.HttpRequest;
import com.anthropic.core.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The way to Claude, through the HTTP layer of the official SDK (ADR 0002). One per process;
 * thread-safe. Calls block a virtual thread each; their number is the caller's to bound.
 */
public final class ClaudeClient implements AutoCloseable {
  private static final RequestOptions NO_REDIRECTS =
      RequestOptions.builder().followRedirects(false).build();
  private static final String JSON = "application/json";
  private static final String VERSION = "2023-06-01";
  private static final byte[] ONE_WORD =
      "{\"model\":\"\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
          .getBytes(StandardCharsets.UTF_8);
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(10);

  private final UpstreamSettings settings;
  private final Clock clock;
  private final Connections connections;
  private final ScheduledThreadPoolExecutor timer;

  public ClaudeClient(UpstreamSettings settings, Clock clock) {
    this.settings = settings;
    this.clock = clock;
    this.connections = new Connections(settings);
    this.timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("claude-call-timer").factory());
    timer.setRemoveOnCancelPolicy(true);
  }

  /** A call that has not begun: nothing is sent before {@link Call#execute}. */
  public Call prepare(CallRequest request) {
    return prepare(request, () -> true);
  }

  /**
   * A call that asks once more at the last moment, with the connection ready and nothing sent.
   *
   * @param maySend whether lease and grant still hold; answers at once, from memory
   */
  public Call prepare(CallRequest request, BooleanSupplier maySend) {
    return new Call(this, request, maySend);
  }

  /**
   * A request that is no call for a Message.
   *
   * @param maySend as for a call; asked before the first byte of a body and before its last
   */
  public Exchange prepare(ExchangeRequest request, BooleanSupplier maySend) {
    return new Exchange(this, request, maySend);
  }

  /** Whether an answer of up to so many tokens is to be streamed. */
  public boolean streams(long maxTokens) {
    return maxTokens > settings.streaming().above();
  }

  /** Calls that run now. */
  public int inFlight() {
    return connections.inUse();
  }

  /**
   * The version of the Millrace that the upstream turns out to be, which must be refused: calls
   * would go in circles. Empty for the real API, and when nobody answers.
   */
  public Optional<String> upstreamMillrace() {
    return models(PROBE_TIMEOUT)
        .flatMap(models -> models.headers().values("millrace-version").stream().findFirst());
  }

  /** The status with which Claude answers a request that costs nothing; empty if nobody answers. */
  public OptionalInt probe(Duration timeout) {
    return models(timeout).stream().mapToInt(Answer::status).findFirst();
  }

  /**
   * The status with which Claude answers a plain request for a model, one that costs nothing; empty
   * if nobody answers.
   */
  public OptionalInt probe(String model, String version, Duration timeout) {
    HttpRequest request =
        request(HttpMethod.POST, "messages/count_tokens", JSON)
            .putHeader("anthropic-version", version)
            .body(new OneShotBody(ModelField.replace(ONE_WORD, model), () -> {}))
            .build();
    return ask(request, timeout).stream().mapToInt(Answer::status).findFirst();
  }

  private record Answer(int status, Headers headers) {}

  private Optional<Answer> models(Duration timeout) {
    return ask(
        request(HttpMethod.GET, "models", JSON).putHeader("anthropic-version", VERSION).build(),
        timeout);
  }

  private Optional<Answer> ask(HttpRequest request, Duration timeout) {
    RequestOptions options =
        RequestOptions.builder().followRedirects(false).timeout(timeout).build();
    Connections.Slot slot = connections.take();
    try (HttpResponse response = slot.http().execute(request, options)) {
      return Optional.of(new Answer(response.statusCode(), response.headers()));
    } catch (RuntimeException noReply) {
      // The SDK's own, or one of OkHttp's for what is not HTTP.
      return Optional.empty();
    } finally {
      slot.release();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    connections.close();
  }

  HttpResponse post(Connections.Slot slot, CallRequest call, OneShotBody body, boolean stream) {
    HttpRequest.Builder request =
        request(HttpMethod.POST, "messages", stream ? Call.EVENTS : JSON)
            .putHeader("anthropic-version", call.version())
            .body(body);
    if (!call.betas().isEmpty()) {
      request.putHeader("anthropic-beta", String.join(",", call.betas()));
    }
    CallRequest.Correlation correlation = call.correlation();
    if (correlation != null && settings.correlationHeaders()) {
      request
          .putHeader("x-millrace-job", correlation.job())
          .putHeader("x-millrace-attempt", Integer.toString(correlation.attempt()));
    }
    return slot.http().execute(request.build(), NO_REDIRECTS);
  }

  HttpResponse send(Connections.Slot slot, ExchangeRequest exchange, @Nullable ExchangeBody body) {
    HttpRequest.Builder request =
        request(exchange.post() ? HttpMethod.POST : HttpMethod.GET, exchange.path(), JSON)
            .putHeader("anthropic-version", exchange.version());
    exchange.query().forEach(request::putQueryParam);
    if (!exchange.betas().isEmpty()) {
      request.putHeader("anthropic-beta", String.join(",", exchange.betas()));
    }
    if (body != null) {
      request.body(body);
    }
    return slot.http().execute(request.build(), NO_REDIRECTS);
  }

  Connections connections() {
    return connections;
  }

  UpstreamSettings settings() {
    return settings;
  }

  Clock clock() {
    return clock;
  }

  ScheduledThreadPoolExecutor timer() {
    return timer;
  }

  // OkHttp unpacks gzip unless an encoding is asked for; "identity" keeps the bytes the provider's.
  private HttpRequest.Builder request(HttpMethod method, String path, String accept) {
    return HttpRequest.builder()
        .method(method)
        .baseUrl(settings.baseUrl().toString())
        .addPathSegment("v1")
        .addPathSegments(path.split("/", -1))
        .putHeader("x-api-key", settings.apiKey())
        .putHeader("accept", accept)
        .putHeader("accept-encoding", "identity")
        .putHeader("user-agent", "millrace");
  }
}
