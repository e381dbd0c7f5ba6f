package io.millrace.claude.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.millrace.claude.call.Reply.Answered;
import io.millrace.claude.call.Reply.Broken;
import io.millrace.claude.call.Reply.NothingSent;
import io.millrace.claude.call.UpstreamSettings.Streaming;
import io.millrace.failure.FailureCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CallTest {
  private static final byte[] REQUEST =
      " {\"model\" : \"m\",\n \"x\":1.0e+02, \"messages\":[\"\u00fc \\u00fc \ud83c\udf0a\"]}\t"
          .getBytes(StandardCharsets.UTF_8);
  private static final byte[] ANSWER =
      "{\"type\":\"message\", \"b\":  [\"\ud83d\ude00\"]}\n".getBytes(StandardCharsets.UTF_8);
  private static final Duration LONG = Duration.ofSeconds(30);

  private ClaudeClient client;

  @AfterEach
  void closeClient() {
    if (client != null) {
      client.close();
    }
  }

  @Test
  void bytesGoOutAndComeBackUnchanged() {
    try (var server = RawServer.answering("HTTP/1.1 200 OK\r\nrequest-id: req_1", ANSWER)) {
      var reply = (Answered) call(server).execute();

      assertThat(server.requests()).hasSize(1);
      assertThat(server.requests().getFirst().body()).isEqualTo(REQUEST);
      assertThat(reply.body()).isEqualTo(ANSWER);
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.headers().requestId()).hasValue("req_1");
      assertThat(reply.timings().sent()).isLessThanOrEqualTo(reply.timings().replied());
      assertThat(reply.timings().replied()).isLessThanOrEqualTo(reply.timings().ended());
    }
  }

  @Test
  void onlyTheNeededHeadersAreSent() {
    try (var server = RawServer.answering("HTTP/1.1 200 OK", ANSWER)) {
      client = client(server.uri());
      client.prepare(request(LONG)).execute();

      var request = server.requests().getFirst();
      assertThat(request.line()).isEqualTo("POST /v1/messages HTTP/1.1");
      assertThat(request.headers())
          .containsEntry("x-api-key", "test-key")
          .containsEntry("anthropic-version", "2026-10-21")
          .containsEntry("anthropic-beta", "beta-1,beta-2")
          .containsEntry("content-type", "application/json")
          .containsEntry("accept-encoding", "identity")
          .containsOnlyKeys(
              "x-api-key",
              "anthropic-version",
              "anthropic-beta",
              "content-type",
              "content-length",
              "accept",
              "accept-encoding",
              "user-agent",
              "host",
              "connection");
    }
  }

  @Test
  void theSimulatorIsToldTheJob() {
    try (var server = RawServer.answering("HTTP/1.1 200 OK", ANSWER)) {
      client =
          new ClaudeClient(
              UpstreamSettings.of(server.uri(), "k").withCorrelationHeaders(), Clock.systemUTC());
      client.prepare(request(LONG)).execute();

      assertThat(server.requests().getFirst().headers())
          .containsEntry("x-millrace-job", "job_1")
          .containsEntry("x-millrace-attempt", "3");
    }
  }

  @Test
  void aKeptAliveConnectionClosedAfterReadingTheRequestIsNotTriedAgain() {
    try (var server =
        new RawServer(connection -> {
          connection.read();
          connection.write(ok(ANSWER));
          connection.read();
        })) {
      client = client(server.uri());
      assertThat(client.prepare(request(LONG)).execute()).isInstanceOf(Answered.class);

      var reply = (Broken) client.prepare(request(LONG)).execute();

      assertThat(reply.code()).isEqualTo(FailureCode.CONNECTION_LOST);
      assertThat(server.requests()).hasSize(2);
    }
  }

  @Test
  void aFreshConnectionResetAfterReadingTheRequestIsNotTriedAgain() {
    try (var server =
        new RawServer(connection -> {
          connection.read();
          connection.reset();
        })) {
      var reply = (Broken) call(server).execute();

      assertThat(reply.code()).isEqualTo(FailureCode.CONNECTION_LOST);
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void aLargeRequestCutWhileItLeavesMayHaveBeenSent() {
    try (var server =
        new RawServer(connection -> {
          connection.readByte();
          connection.reset();
        })) {
      client = client(server.uri());
      var request = new CallRequest(new byte[20_000_000], "2026-10-21", List.of(), LONG, null);

      assertThat(client.prepare(request).execute()).isInstanceOf(Broken.class);
    }
  }

  @Test
  void afterALostConnectionTheOtherIdleOnesAreNotTrusted() throws Exception {
    var together = new CountDownLatch(3);
    var closing = new CountDownLatch(1);
    try (var server =
        new RawServer(connection -> {
          if (connection.read() != null) {
            together.countDown();
            together.await();
            connection.write(ok(ANSWER));
            closing.await();
          }
        })) {
      client = client(server.uri());
      List<FutureTask<Reply>> warmUp =
          IntStream.range(0, 3).mapToObj(i -> start(client.prepare(request(LONG)))).toList();
      for (var task : warmUp) {
        assertThat(task.get()).isInstanceOf(Answered.class);
      }
      closing.countDown();

      Reply first = client.prepare(request(LONG)).execute();
      Reply second = client.prepare(request(LONG)).execute();

      assertThat(first).isInstanceOfAny(Broken.class, Answered.class);
      assertThat(second).isInstanceOf(Answered.class);
    }
  }

  @Test
  void aServiceUnavailableThatAsksForAnImmediateRetryIsNotSentAgain() {
    assertSentOnce("HTTP/1.1 503 Service Unavailable\r\nretry-after: 0", 503);
  }

  @Test
  void aRequestTimeoutReplyIsNotSentAgain() {
    assertSentOnce("HTTP/1.1 408 Request Timeout", 408);
  }

  @Test
  void redirectsAreNotFollowed() {
    assertSentOnce("HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere", 307);
    assertSentOnce("HTTP/1.1 302 Found\r\nlocation: /elsewhere", 302);
  }

  @Test
  void aRefusedConnectionSendsNothing() throws IOException {
    // Bound and not listening: a port that was closed might be somebody else's by now.
    try (var taken = new Socket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      client = client(URI.create("http://127.0.0.1:" + taken.getLocalPort()));

      var reply = (NothingSent) client.prepare(request(LONG)).execute();

      assertThat(reply.code()).isEqualTo(FailureCode.CONNECT_FAILED);
      assertThat(reply.timings().sent()).isNull();
    }
  }

  @Test
  void anUnknownHostSendsNothing() {
    client = client(URI.create("http://host.invalid:1"));

    var reply = (NothingSent) client.prepare(request(LONG)).execute();

    assertThat(reply.code()).isEqualTo(FailureCode.UNKNOWN_HOST);
  }

  @Test
  void aHandshakeThatDoesNotEndTimesOutUnsent() {
    try (var server = new RawServer(connection -> Thread.currentThread().join())) {
      client =
          new ClaudeClient(
              new UpstreamSettings(
                  URI.create(server.uri().toString().replace("http", "https")),
                  "k",
                  false,
                  Duration.ofMillis(200),
                  LONG,
                  1000,
                  Streaming.DEFAULTS),
              Clock.systemUTC());

      var reply = (NothingSent) client.prepare(request(LONG)).execute();

      assertThat(reply.code()).isEqualTo(FailureCode.CONNECT_TIMEOUT);
    }
  }

  @Test
  void aPlainServerBehindHttpsFailsTheHandshake() {
    try (var server = new RawServer(connection -> connection.write("HTTP/1.1 400 No\r\n\r\n"))) {
      client = client(URI.create(server.uri().toString().replace("http", "https")));

      var reply = (NothingSent) client.prepare(request(LONG)).execute();

      assertThat(reply.code()).isEqualTo(FailureCode.TLS_FAILED);
    }
  }

  @Test
  void anAnswerShorterThanItsLengthIsCut() {
    assertBroken(
        "HTTP/1.1 200 OK\r\nrequest-id: req_9\r\ncontent-length: 100\r\n\r\n0123456789",
        FailureCode.ANSWER_CUT,
        10);
  }

  @Test
  void aChunkedAnswerWithoutItsEndIsCut() {
    assertBroken(
        "HTTP/1.1 200 OK\r\nrequest-id: req_9\r\ntransfer-encoding: chunked\r\n\r\n4\r\n0123\r\n",
        FailureCode.ANSWER_CUT,
        4);
  }

  @Test
  void aChunkedAnswerComesWhole() {
    try (var server =
        new RawServer(connection -> {
          connection.read();
          connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
          connection.write("2\r\n{\"\r\n3\r\na\":\r\n2\r\n1}\r\n0\r\n\r\n");
          connection.read();
        })) {
      var reply = (Answered) call(server).execute();

      assertThat(reply.body()).asString(StandardCharsets.UTF_8).isEqualTo("{\"a\":1}");
    }
  }

  @Test
  void noHttpAtAllIsMalformed() {
    assertBroken("SSH-2.0-OpenSSH\r\n", FailureCode.MALFORMED_REPLY, 0);
  }

  @Test
  void anAnswerLargerThanAllowedIsGivenUp() {
    assertBroken(
        "HTTP/1.1 200 OK\r\nrequest-id: req_9\r\ncontent-length: 5000\r\n\r\n" + "x".repeat(5000),
        FailureCode.ANSWER_TOO_LARGE,
        1001);
  }

  @Test
  void silenceEndsInATimeout() {
    try (var server = silent(new CountDownLatch(1))) {
      client = client(server.uri());

      var reply = (Broken) client.prepare(request(Duration.ofMillis(200))).execute();

      assertThat(reply.code()).isEqualTo(FailureCode.CALL_TIMEOUT);
      assertThat(reply.timings().ended()).isBetween(Duration.ofMillis(200), LONG);
    }
  }

  @Test
  void aStallInTheAnswerEndsInATimeout() {
    try (var server =
        new RawServer(connection -> {
          connection.read();
          connection.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n123");
          connection.read();
        })) {
      client = client(server.uri());

      var reply = (Broken) client.prepare(request(Duration.ofMillis(300))).execute();

      assertThat(reply.code()).isEqualTo(FailureCode.CALL_TIMEOUT);
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.received()).isEqualTo(3);
    }
  }

  @Test
  void theTimeoutOutlivesTheConnectTimeout() {
    try (var server = silent(new CountDownLatch(1))) {
      client =
          new ClaudeClient(
              new UpstreamSettings(
                  server.uri(), "k", false, Duration.ofMillis(100), LONG, 1000, Streaming.DEFAULTS),
              Clock.systemUTC());

      var reply = (Broken) client.prepare(request(Duration.ofMillis(400))).execute();

      assertThat(reply.code()).isEqualTo(FailureCode.CALL_TIMEOUT);
      assertThat(reply.timings().ended()).isGreaterThanOrEqualTo(Duration.ofMillis(400));
    }
  }

  @Test
  void aRunningCallIsAbortedFromAnotherThread() throws Exception {
    var arrived = new CountDownLatch(1);
    try (var server = silent(arrived)) {
      client = client(server.uri());
      Call call = client.prepare(request(LONG));
      var interruptedAfter = new boolean[1];
      var task =
          new FutureTask<>(() -> {
            Reply reply = call.execute();
            interruptedAfter[0] = Thread.currentThread().isInterrupted();
            return reply;
          });
      Thread.ofVirtual().start(task);
      arrived.await();
      call.abort(AbortReason.CANCEL);
      call.abort(AbortReason.DRAIN);

      var reply = (Broken) task.get(10, TimeUnit.SECONDS);

      assertThat(reply.code()).isEqualTo(FailureCode.ABORTED_BY_CANCEL);
      assertThat(interruptedAfter[0]).isFalse();
      assertThat(client.inFlight()).isZero();
    }
  }

  @Test
  void aCallAbortedBeforeItBeginsSendsNothing() {
    try (var server = RawServer.answering("HTTP/1.1 200 OK", ANSWER)) {
      Call call = call(server);
      call.abort(AbortReason.DEADLINE);

      var reply = (NothingSent) call.execute();

      assertThat(reply.code()).isEqualTo(FailureCode.ABORTED_UNSENT);
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void aCallWhoseLeaseIsGoneAtTheLastMomentSendsNothing() {
    try (var server = RawServer.answering("HTTP/1.1 200 OK", ANSWER)) {
      client = client(server.uri());
      Call call = client.prepare(request(LONG), () -> false);

      var reply = (NothingSent) call.execute();

      assertThat(reply.code()).isEqualTo(FailureCode.ABORTED_UNSENT);
      assertThat(call.mayHaveBeenSent()).isFalse();
      assertThat(server.requests()).isEmpty();
      assertThat(client.prepare(request(LONG)).execute()).isInstanceOf(Answered.class);
    }
  }

  @Test
  void anAbortAfterTheEndChangesNothing() {
    try (var server = RawServer.answering("HTTP/1.1 200 OK", ANSWER)) {
      Call call = call(server);
      assertThat(call.execute()).isInstanceOf(Answered.class);
      call.abort(AbortReason.CANCEL);

      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      assertThatIllegalStateException().isThrownBy(call::execute);
    }
  }

  @Test
  void interruptingTheCallerDrains() throws Exception {
    var arrived = new CountDownLatch(1);
    try (var server = silent(arrived)) {
      client = client(server.uri());
      var task = new FutureTask<>(() -> client.prepare(request(LONG)).execute());
      Thread caller = Thread.ofVirtual().start(task);
      arrived.await();
      caller.interrupt();

      assertThat(((Broken) task.get(10, TimeUnit.SECONDS)).code()).isEqualTo(FailureCode.DRAINED);
    }
  }

  @Test
  void anUpstreamThatIsMillraceIsFound() {
    try (var millrace = RawServer.answering("HTTP/1.1 200 OK\r\nmillrace-version: 0.1", ANSWER);
        var claude = RawServer.answering("HTTP/1.1 200 OK", ANSWER)) {
      client = client(claude.uri());
      assertThat(client.upstreamMillrace()).isEmpty();
      client.close();
      client = client(millrace.uri());
      assertThat(client.upstreamMillrace()).hasValue("0.1");
      assertThat(millrace.requests().getFirst().line()).isEqualTo("GET /v1/models HTTP/1.1");
    }
  }

  @Test
  void theKeyIsNotShown() {
    assertThat(UpstreamSettings.of(URI.create("http://h"), "secret"))
        .asString()
        .isEqualTo("UpstreamSettings[http://h]");
  }

  private void assertSentOnce(String head, int status) {
    try (var server = RawServer.answering(head, ANSWER)) {
      var reply = (Answered) call(server).execute();

      assertThat(reply.status()).isEqualTo(status);
      assertThat(reply.body()).isEqualTo(ANSWER);
      assertThat(server.requests()).hasSize(1);
    }
  }

  private void assertBroken(String answer, FailureCode code, long received) {
    try (var server =
        new RawServer(connection -> {
          connection.read();
          connection.write(answer);
        })) {
      client =
          new ClaudeClient(
              new UpstreamSettings(server.uri(), "k", false, LONG, LONG, 1000, Streaming.DEFAULTS),
              Clock.systemUTC());
      var reply = (Broken) client.prepare(request(LONG)).execute();

      assertThat(reply.code()).isEqualTo(code);
      assertThat(reply.received()).isEqualTo(received);
      assertThat(server.requests()).hasSize(1);
      if (code != FailureCode.MALFORMED_REPLY) {
        assertThat(reply.headers().requestId()).hasValue("req_9");
      }
    }
  }

  private Call call(RawServer server) {
    client = client(server.uri());
    return client.prepare(request(LONG));
  }

  private static ClaudeClient client(URI uri) {
    return new ClaudeClient(UpstreamSettings.of(uri, "test-key"), Clock.systemUTC());
  }

  private static CallRequest request(Duration timeout) {
    return new CallRequest(
        REQUEST,
        "2026-10-21",
        List.of("beta-1", "beta-2"),
        timeout,
        new CallRequest.Correlation("job_1", 3));
  }

  private static FutureTask<Reply> start(Call call) {
    var task = new FutureTask<>(call::execute);
    Thread.ofVirtual().start(task);
    return task;
  }

  private static RawServer silent(CountDownLatch arrived) {
    return new RawServer(connection -> {
      connection.read();
      arrived.countDown();
      connection.read();
    });
  }

  private static byte[] ok(byte[] body) {
    return RawServer.reply("HTTP/1.1 200 OK\r\ncontent-length: " + body.length, body);
  }
}
