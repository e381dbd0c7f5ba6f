package io.millrace.worker.deliver;

import io.millrace.delivery.DeliveryError;
import io.millrace.webhook.address.TargetRefused;
import io.millrace.webhook.address.Targets;
import io.millrace.webhook.sign.SignedMessage;
import io.millrace.worker.deliver.Reply.Answered;
import io.millrace.worker.deliver.Reply.Stopped;
import io.millrace.worker.deliver.Reply.Unanswered;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ClientProtocolException;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.routing.RoutingSupport;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Sends a message and reads the beginning of the answer, all within one timeout however slowly it
 * drips. Follows nothing, keeps no cookies, goes through no proxy. Blocks a virtual thread each;
 * their number is the caller's to bound.
 */
final class WebhookClient implements AutoCloseable {

  /** So much of an answer is kept. */
  static final int KEPT = 1_024;

  /** So much of an answer is read, so that a short one leaves its connection usable. */
  private static final int READ = 4_096;

  /**
   * So long an idle connection is kept: shorter than receivers keep theirs, so that none is closed
   * under a message, which would be a failure of a receiver that is well.
   */
  private static final Timeout IDLE = Timeout.ofSeconds(4);

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final ContentType JSON = ContentType.create("application/json");

  private final Targets targets;
  private final Duration timeout;
  private final AllowedAddresses addresses;
  private final CloseableHttpClient http;
  private final ScheduledThreadPoolExecutor timer;
  private final Set<Sending> sending = ConcurrentHashMap.newKeySet();

  /** A request under way, and why it was cut, if it was. */
  private static final class Sending {
    private final HttpPost request;
    private volatile @Nullable Reply cut;

    Sending(HttpPost request) {
      this.request = request;
    }

    void cut(Reply why) {
      cut = why;
      request.abort();
    }
  }

  /**
   * @param connections how many there may be at once
   */
  WebhookClient(
      Targets targets,
      AllowedAddresses addresses,
      Duration timeout,
      int connections,
      String agent) {
    this.targets = targets;
    this.timeout = timeout;
    this.addresses = addresses;
    var whole = Timeout.ofMilliseconds(timeout.toMillis());
    var connect = Timeout.ofMilliseconds(Math.min(CONNECT.toMillis(), timeout.toMillis()));
    var manager =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setDnsResolver(addresses)
            .setMaxConnTotal(connections)
            .setMaxConnPerRoute(connections)
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(connect)
                    .setSocketTimeout(whole)
                    .setValidateAfterInactivity(TimeValue.ofMilliseconds(100))
                    .setIdleTimeout(IDLE)
                    .setTimeToLive(TimeValue.ofMinutes(2))
                    .build())
            .build();
    this.http =
        HttpClientBuilder.create()
            .setConnectionManager(manager)
            .setDefaultRequestConfig(
                RequestConfig.custom()
                    .setConnectionRequestTimeout(whole)
                    .setResponseTimeout(whole)
                    .setRedirectsEnabled(false)
                    .setAuthenticationEnabled(false)
                    .setProtocolUpgradeEnabled(false)
                    .build())
            .disableAutomaticRetries()
            .setUserAgent(agent)
            .disableRedirectHandling()
            .disableCookieManagement()
            .disableAuthCaching()
            .disableContentCompression()
            .evictIdleConnections(IDLE)
            .build();
    this.timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("millrace-webhook-timer").factory());
    timer.setRemoveOnCancelPolicy(true);
  }

  /** Sends the message; whatever goes wrong is an answer, too. */
  Reply send(String url, SignedMessage message) {
    URI target;
    try {
      target = targets.parse(url);
    } catch (TargetRefused refused) {
      return new Unanswered(DeliveryError.FORBIDDEN_TARGET, null);
    }
    var request = new HttpPost(target);
    request.setHeader(SignedMessage.ID, message.id());
    request.setHeader(SignedMessage.TIMESTAMP, message.timestamp());
    request.setHeader(SignedMessage.SIGNATURE, message.signature());
    request.setEntity(new ByteArrayEntity(message.body(), JSON));
    var current = new Sending(request);
    sending.add(current);
    var end =
        timer.schedule(
            () -> current.cut(new Unanswered(DeliveryError.TIMEOUT, null)),
            timeout.toMillis(),
            TimeUnit.MILLISECONDS);
    try {
      return exchange(current);
    } finally {
      end.cancel(false);
      sending.remove(current);
    }
  }

  private Reply exchange(Sending current) {
    Integer status = null;
    try {
      var response = http.executeOpen(host(current.request), current.request, null);
      try {
        status = response.getCode();
        var retryAfter = response.getFirstHeader("retry-after");
        String beginning = beginning(response);
        return new Answered(status, beginning, retryAfter == null ? null : retryAfter.getValue());
      } finally {
        close(response, current.request);
      }
    } catch (IOException | HttpException | RuntimeException failure) {
      var cut = current.cut;
      return cut == null ? new Unanswered(error(failure), status) : cut(cut, status);
    }
  }

  // In the plain way, what was not read would be received first, however much that is.
  private static void close(ClassicHttpResponse response, HttpPost request) {
    request.abort();
    try {
      response.close();
    } catch (IOException closed) {
      // Its connection is closed: what there was to read has been read.
    }
  }

  private static Reply cut(Reply why, @Nullable Integer status) {
    return why instanceof Unanswered(var error, _) ? new Unanswered(error, status) : why;
  }

  private static HttpHost host(HttpPost request) throws HttpException {
    return RoutingSupport.determineHost(request);
  }

  private static String beginning(ClassicHttpResponse response) throws IOException {
    var entity = response.getEntity();
    if (entity == null) {
      return "";
    }
    InputStream body = entity.getContent();
    byte[] read = body.readNBytes(READ);
    return new String(read, 0, Math.min(read.length, KEPT), StandardCharsets.UTF_8)
        .replace('\0', '\uFFFD');
  }

  private static DeliveryError error(Throwable failure) {
    return switch (failure) {
      case AllowedAddresses.Forbidden _ -> DeliveryError.FORBIDDEN_TARGET;
      case UnknownHostException _ -> DeliveryError.UNKNOWN_HOST;
      case SSLException _ -> DeliveryError.TLS;
      case SocketTimeoutException _ -> DeliveryError.TIMEOUT;
      case ClientProtocolException _ -> DeliveryError.BAD_RESPONSE;
      case HttpException _ -> DeliveryError.BAD_RESPONSE;
      case IOException _ -> DeliveryError.UNREACHABLE;
      default -> DeliveryError.INTERNAL;
    };
  }

  /** Cuts what is under way. */
  void stop() {
    sending.forEach(current -> current.cut(new Stopped()));
  }

  @Override
  public void close() {
    timer.shutdownNow();
    http.close(CloseMode.IMMEDIATE);
    addresses.close();
  }
}
