package io.millrace.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class ReceiverTest {

  private static final String BODY = "{\"type\":\"job.succeeded\",\"text\":\"süß\"}";

  private final Receiver receiver = Receiver.start();
  private final HttpClient client = HttpClient.newHttpClient();

  @AfterEach
  void close() {
    client.shutdownNow();
    receiver.close();
  }

  @Test
  void itRemembersARequestAsItCame() throws Exception {
    assertThat(post("/hook?a=1").statusCode()).isEqualTo(200);

    Received request = receiver.await("/hook", 1).getFirst();
    assertThat(request.method()).isEqualTo("POST");
    assertThat(request.target()).isEqualTo("/hook?a=1");
    assertThat(request.header("Webhook-Id")).isEqualTo("msg_1");
    assertThat(request.body()).isEqualTo(BODY.getBytes(StandardCharsets.UTF_8));
    assertThat(receiver.connections()).isEqualTo(1);
  }

  @Test
  void itReadsABodyInChunks() throws Exception {
    var chunked =
        BodyPublishers.fromPublisher(
            BodyPublishers.ofByteArray(BODY.getBytes(StandardCharsets.UTF_8)));
    client.send(
        HttpRequest.newBuilder(receiver.url("/hook")).POST(chunked).build(),
        BodyHandlers.discarding());

    assertThat(receiver.await("/hook", 1).getFirst().text()).isEqualTo(BODY);
  }

  @Test
  void itAnswersInTurnAndStaysWithTheLast() throws Exception {
    receiver.on("/hook", Answer.retryAfter(429, "7"), Answer.redirect(302, "/other"), Answer.ok());
    receiver.fail("/failing", 1, 503);

    HttpResponse<String> first = post("/hook");
    assertThat(first.statusCode()).isEqualTo(429);
    assertThat(first.headers().firstValue("retry-after")).contains("7");
    HttpResponse<String> second = post("/hook");
    assertThat(second.statusCode()).isEqualTo(302);
    assertThat(second.headers().firstValue("location")).contains("/other");
    assertThat(post("/hook").statusCode()).isEqualTo(200);
    assertThat(post("/hook").statusCode()).isEqualTo(200);
    assertThat(post("/failing").statusCode()).isEqualTo(503);
    assertThat(post("/failing").statusCode()).isEqualTo(200);
    assertThat(receiver.requests("/other")).isEmpty();
  }

  @RepeatedTest(20)
  void itStallsUntilLetGo() throws Exception {
    receiver.on("/before", Answer.stall());
    receiver.on("/after", Answer.stallAfterHeaders());
    CompletableFuture<HttpResponse<String>> before = later("/before");
    CompletableFuture<HttpResponse<String>> after = later("/after");
    receiver.await(request -> true, 2, Duration.ofSeconds(10));

    assertThat(before).isNotDone();
    assertThat(after).isNotDone();
    receiver.letGo();
    assertThat(before.get(10, SECONDS).statusCode()).isEqualTo(200);
    assertThat(after.get(10, SECONDS).body()).isEqualTo("ok");
  }

  @Test
  void itNoticesThatAClientLeaves() throws Exception {
    receiver.on("/hook", Answer.stall());

    assertThatThrownBy(() -> post("/hook", Duration.ofMillis(300))).isInstanceOf(IOException.class);
    assertThat(receiver.requests("/hook").getFirst().awaitEnd(10)).isTrue();
  }

  @Test
  void itDripsSendsMuchAndHangsUp() throws Exception {
    receiver.on("/drip", Answer.drip(Duration.ofMillis(5)));
    receiver.on("/large", Answer.tenMegabytes());
    receiver.on("/gone", Answer.hangup());
    receiver.on("/garbage", new Answer.Garbage("SSH-2.0-server\r\n\r\n"));

    assertThat(post("/large").body()).hasSize(10_000_000);
    var dripping =
        client.send(request("/drip", Duration.ofSeconds(10)), BodyHandlers.ofInputStream());
    assertThat(dripping.body().readNBytes(3)).asString(StandardCharsets.UTF_8).isEqualTo("...");
    dripping.body().close();
    assertThat(receiver.requests("/drip").getFirst().awaitEnd(10)).isTrue();
    assertThatThrownBy(() -> post("/gone")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> post("/garbage")).isInstanceOf(IOException.class);
  }

  @Test
  void itSaysWhatCameWhenTooLittleCame() {
    assertThatThrownBy(() -> receiver.await("/hook", 1, Duration.ofMillis(1)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("0 requests within PT0.001S, not 1");
  }

  private HttpResponse<String> post(String target) throws IOException, InterruptedException {
    return post(target, Duration.ofSeconds(10));
  }

  private HttpResponse<String> post(String target, Duration timeout)
      throws IOException, InterruptedException {
    return client.send(request(target, timeout), BodyHandlers.ofString());
  }

  private CompletableFuture<HttpResponse<String>> later(String target) {
    return client.sendAsync(request(target, Duration.ofSeconds(10)), BodyHandlers.ofString());
  }

  private HttpRequest request(String target, Duration timeout) {
    return HttpRequest.newBuilder(receiver.url(target))
        .version(HttpClient.Version.HTTP_1_1)
        .header("webhook-id", "msg_1")
        .timeout(timeout)
        .POST(BodyPublishers.ofString(BODY))
        .build();
  }
}
