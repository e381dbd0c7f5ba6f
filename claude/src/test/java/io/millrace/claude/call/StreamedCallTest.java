package io.millrace.claude.call;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.call.Reply.Answered;
import io.millrace.claude.call.Reply.Broken;
import io.millrace.claude.call.UpstreamSettings.Streaming;
import io.millrace.claude.json.Json;
import io.millrace.failure.FailureCode;
import io.millrace.simulator.Simulator;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.node.ObjectNode;

@Timeout(60)
class StreamedCallTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Streaming PATIENT = new Streaming(0, LONG, LONG);
  private static final Streaming HASTY =
      new Streaming(0, Duration.ofMillis(300), Duration.ofMillis(300));
  private static final String HEAD =
      "HTTP/1.1 200 OK\r\nrequest-id: req_1\r\ncontent-type: text/event-stream; charset=utf-8\r\n";
  private static final String CHUNKED = HEAD + "transfer-encoding: chunked\r\n\r\n";
  private static final String START =
      """
      event: message_start
      data: {"type":"message_start","message":{"type":"message","content":[],"stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}

      """;
  private static final String PING = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
  private static final String END =
      """
      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}

      event: message_stop
      data: {"type":"message_stop"}

      """;
  private static final String MESSAGE =
      """
      {"type":"message","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn",
       "usage":{"input_tokens":3,"output_tokens":2}}
      """;

  private ClaudeClient client;
  private URI upstream;

  @AfterEach
  void closeClient() {
    if (client != null) {
      client.close();
    }
  }

  @Test
  void aStreamIsAskedForAndBecomesAMessage() {
    var connections = new AtomicInteger();
    try (var server =
        new RawServer(connection -> {
          connections.incrementAndGet();
          while (connection.read() != null) {
            connection.write(CHUNKED + chunk(START) + chunk(PING) + chunk(END) + chunk(""));
          }
        })) {
      for (int i = 0; i < 2; i++) {
        var reply = (Answered) call(server.uri(), PATIENT, LONG).execute();

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.headers().requestId()).hasValue("req_1");
        assertThat(Json.tree(reply.body())).isEqualTo(Json.tree(MESSAGE.getBytes(UTF_8)));
      }
      var request = server.requests().getFirst();
      assertThat(request.headers()).containsEntry("accept", "text/event-stream");
      assertThat(request.headers()).containsEntry("accept-encoding", "identity");
      assertThat(request.body())
          .asString(UTF_8)
          .isEqualTo("{\"stream\":true,\"model\" : \"m\", \"x\":1.0e+02}");
      assertThat(connections).as("the connection serves again").hasValue(1);
    }
  }

  @Test
  void theMessageIsThatOfThePlainCall() {
    try (var simulator = Simulator.start()) {
      client = client(simulator.baseUri(), PATIENT);
      for (String prompt :
          List.of(
              "[[simulator:output 700]]",
              "[[simulator:output 60]][[simulator:latency 300ms]]",
              "[[simulator:refusal]]")) {
        byte[] body =
            """
            {"model":"claude-sonnet-5-5","max_tokens":500,
             "messages":[{"role":"user","content":"%s"}]}
            """
                .formatted(prompt)
                .getBytes(UTF_8);

        var plain = (Answered) client.prepare(request(body, false, LONG)).execute();
        var streamed = (Answered) client.prepare(request(body, true, LONG)).execute();

        assertThat(withoutId(streamed)).isEqualTo(withoutId(plain));
      }
      assertThat(simulator.journal()).filteredOn(call -> call.streaming()).hasSize(3);
    }
  }

  @Test
  void aPlainMessageIsTakenAsItIs() {
    try (var server =
        RawServer.answering(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json", MESSAGE.getBytes(UTF_8))) {
      var reply = (Answered) call(server.uri(), PATIENT, LONG).execute();

      assertThat(reply.body()).isEqualTo(MESSAGE.getBytes(UTF_8));
    }
  }

  @Test
  void whatFollowsTheMessageCannotTakeItAway() {
    List<RawServer.Script> endings =
        List.of(
            RawServer.Connection::read,
            RawServer.Connection::reset,
            connection -> connection.write("no chunk"),
            connection -> connection.write(chunk("data: {\"type\":\"error\"}\n\n") + chunk("")),
            connection -> {
              while (true) {
                pause(20);
                connection.write(chunk(PING));
              }
            });
    for (var ending : endings) {
      try (var server =
          new RawServer(connection -> {
            connection.read();
            connection.write(CHUNKED + chunk(START + END));
            pause(20);
            ending.run(connection);
          })) {
        var reply = (Answered) call(server.uri(), PATIENT, LONG).execute();

        assertThat(Json.tree(reply.body())).isEqualTo(Json.tree(MESSAGE.getBytes(UTF_8)));
      }
    }
  }

  @Test
  void pingsAreASignOfWork() {
    try (var server =
        new RawServer(connection -> {
          connection.read();
          connection.write(CHUNKED + chunk(START));
          for (int i = 0; i < 6; i++) {
            pause(100);
            connection.write(chunk(PING));
          }
          connection.write(chunk(END) + chunk(""));
        })) {
      assertThat(call(server.uri(), HASTY, LONG).execute()).isInstanceOf(Answered.class);
    }
  }

  @Test
  void silenceIsAHang() {
    assertStalls("", null);
    assertStalls(CHUNKED, 200);
    assertStalls(CHUNKED + chunk(START + PING), 200);
  }

  @Test
  void aStreamThatNeverEndsEndsInATimeout() {
    try (var server =
        new RawServer(connection -> {
          connection.read();
          connection.write(CHUNKED + chunk(START));
          while (true) {
            pause(50);
            connection.write(chunk(PING));
          }
        })) {
      var reply = (Broken) call(server.uri(), HASTY, Duration.ofMillis(600)).execute();

      assertThat(reply.code()).isEqualTo(FailureCode.CALL_TIMEOUT);
    }
  }

  @Test
  void anAbortLeavesWhatIsKnown() throws Exception {
    var arrived = new CountDownLatch(1);
    try (var server =
        new RawServer(connection -> {
          connection.read();
          connection.write(CHUNKED + chunk(START));
          arrived.countDown();
          connection.read();
        })) {
      Call call = call(server.uri(), PATIENT, LONG);
      var task = new FutureTask<>(call::execute);
      Thread.ofVirtual().start(task);
      arrived.await();
      pause(50);
      call.abort(AbortReason.CANCEL);

      var reply = (Broken) task.get(10, TimeUnit.SECONDS);

      assertThat(reply.code()).isEqualTo(FailureCode.ABORTED_BY_CANCEL);
      assertThat(reply.remains().output()).isEqualTo(5);
      assertThat(reply.remains().usage()).contains("\"input_tokens\":3");
      assertThat(reply.error()).isNull();
    }
  }

  @Test
  void anAnswerLargerThanAllowedIsGivenUp() {
    for (String large :
        List.of(
            PING.repeat(10) + START.replace("Hello", "x".repeat(2_000)),
            "data: " + "x".repeat(2_000))) {
      try (var server =
          new RawServer(connection -> {
            connection.read();
            connection.write(CHUNKED + chunk(large));
            connection.read();
          })) {
        client =
            new ClaudeClient(
                UpstreamSettings.of(server.uri(), "k").with(PATIENT).withMaxAnswerBytes(1_000),
                Clock.systemUTC());

        var reply = (Broken) client.prepare(request()).execute();

        assertThat(reply.code()).isEqualTo(FailureCode.ANSWER_TOO_LARGE);
        client.close();
      }
    }
  }

  @Test
  void onlyTheMessageIsBoundedAndNotTheNoiseAroundIt() {
    try (var server =
        new RawServer(connection -> {
          connection.read();
          connection.write(
              CHUNKED + chunk(START) + chunk(PING.repeat(200)) + chunk(END) + chunk(""));
          connection.read();
        })) {
      client =
          new ClaudeClient(
              UpstreamSettings.of(server.uri(), "k").with(PATIENT).withMaxAnswerBytes(1_000),
              Clock.systemUTC());

      assertThat(client.prepare(request()).execute()).isInstanceOf(Answered.class);
    }
  }

  @Test
  void longAnswersAreStreamed() {
    client = client(URI.create("http://127.0.0.1:1"), Streaming.DEFAULTS);
    assertThat(client.streams(8192)).isFalse();
    assertThat(client.streams(8193)).isTrue();
    client.close();
    client = client(URI.create("http://127.0.0.1:1"), PATIENT);
    assertThat(client.streams(1)).isTrue();
    assertThat(client.streams(0)).as("warms the cache, and may not be streamed").isFalse();
  }

  private void assertStalls(String begin, Integer status) {
    try (var server =
        new RawServer(connection -> {
          connection.read();
          connection.write(begin);
          connection.read();
        })) {
      var reply = (Broken) call(server.uri(), HASTY, LONG).execute();

      assertThat(reply.code()).isEqualTo(FailureCode.STREAM_STALLED);
      assertThat(reply.status()).isEqualTo(status);
      assertThat(reply.timings().ended()).isBetween(Duration.ofMillis(300), Duration.ofSeconds(20));
    }
  }

  private static void pause(long millis) throws InterruptedException {
    assertThat(new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS)).isFalse();
  }

  private static ObjectNode withoutId(Answered reply) {
    var message = (ObjectNode) Json.tree(reply.body());
    message.remove("id");
    return message;
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.getBytes(UTF_8).length) + "\r\n" + text + "\r\n";
  }

  private Call call(URI uri, Streaming streaming, Duration timeout) {
    if (client == null || !uri.equals(upstream)) {
      closeClient();
      client = client(uri, streaming);
      upstream = uri;
    }
    return client.prepare(
        request("{\"model\" : \"m\", \"x\":1.0e+02}".getBytes(UTF_8), true, timeout));
  }

  private static ClaudeClient client(URI uri, Streaming streaming) {
    return new ClaudeClient(UpstreamSettings.of(uri, "k").with(streaming), Clock.systemUTC());
  }

  private static CallRequest request() {
    return request("{\"model\":\"m\"}".getBytes(UTF_8), true, LONG);
  }

  private static CallRequest request(byte[] body, boolean streamed, Duration timeout) {
    return new CallRequest(body, "2026-10-21", List.of(), timeout, null, streamed);
  }
}
