package io.millrace.claude.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.batch.BatchAnswer.NotFound;
import io.millrace.claude.batch.BatchAnswer.Refused;
import io.millrace.claude.batch.BatchAnswer.Told;
import io.millrace.claude.batch.BatchAnswer.Unclear;
import io.millrace.claude.batch.BatchAnswer.Unsent;
import io.millrace.claude.batch.BatchBody.Item;
import io.millrace.claude.call.AbortReason;
import io.millrace.claude.call.ClaudeClient;
import io.millrace.claude.call.Exchange;
import io.millrace.claude.call.RawServer;
import io.millrace.claude.call.Reply;
import io.millrace.claude.call.UpstreamSettings;
import io.millrace.claude.classify.Outcome;
import io.millrace.failure.FailureCode;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.fault.BatchCall;
import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BatchClientTest {

  private static final BatchTerms TERMS =
      new BatchTerms(
          "2026-10-21", List.of("beta-1"), Duration.ofSeconds(20), Duration.ofSeconds(20));
  private static final BatchTerms HASTY =
      new BatchTerms("2026-10-21", List.of(), Duration.ofMillis(300), Duration.ofMillis(300));
  private static final String BATCH =
      "{\"id\":\"msgbatch_1\",\"type\":\"message_batch\",\"processing_status\":\"in_progress\",\"request_counts\":"
          + "{\"processing\":2,\"succeeded\":0,\"errored\":0,\"canceled\":0,\"expired\":0},"
          + "\"created_at\":\"2026-11-29T12:00:00Z\",\"expires_at\":\"2026-11-30T12:00:00Z\",\"results_url\":null}";

  private ClaudeClient claude;

  @AfterEach
  void close() {
    if (claude != null) {
      claude.close();
    }
  }

  @Test
  void aBatchIsSentWithItsExactLengthAndItsHeaders() {
    try (var server = RawServer.answering("HTTP/1.1 200 OK", ascii(BATCH))) {
      var answer = create(server.uri(), TERMS, items(2));

      var request = server.requests().getFirst();
      assertThat(request.line()).isEqualTo("POST /v1/messages/batches HTTP/1.1");
      assertThat(request.headers())
          .containsEntry("anthropic-version", "2026-10-21")
          .containsEntry("anthropic-beta", "beta-1")
          .containsEntry("accept-encoding", "identity")
          .containsEntry("content-length", String.valueOf(request.body().length));
      assertThat(new String(request.body(), StandardCharsets.UTF_8))
          .isEqualTo(
              "{\"requests\":[{\"custom_id\":\"job_0\",\"params\":{\"x\":\"\u00fc\"}},"
                  + "{\"custom_id\":\"job_1\",\"params\":{\"x\":\"\u00fc\"}}]}");
      assertThat(answer).isInstanceOf(Told.class);
      var told = ((Told<MessageBatch>) answer).value();
      assertThat(told.id()).isEqualTo("msgbatch_1");
      assertThat(told.size()).isEqualTo(2);
      assertThat(told.ended()).isFalse();
    }
  }

  @Test
  void itGoesToTheSimulatorAndBack() {
    try (var simulator = Simulator.start()) {
      var taken = ((Told<MessageBatch>) create(simulator.baseUri(), TERMS, items(150))).value();
      var client = client(simulator.baseUri());

      var seen =
          (Told<MessageBatch>) answer(client.retrieve(TERMS, taken.id()), MessageBatch::read);
      var page = (Told<MessageBatch.Page>) answer(client.list(TERMS, null), MessageBatch::readPage);
      List<String> ids = new ArrayList<>();
      var reply =
          (Reply.Answered)
              client
                  .results(
                      TERMS,
                      taken.id(),
                      line -> ids.add(ResultLine.read(line).orElseThrow().customId()))
                  .execute();

      assertThat(seen.value().ended()).isTrue();
      assertThat(page.value().batches()).extracting(MessageBatch::id).containsExactly(taken.id());
      assertThat(page.value().batches().getFirst().size()).isEqualTo(150);
      assertThat(page.value().more()).isFalse();
      assertThat(reply.status()).isEqualTo(200);
      assertThat(ids).hasSize(150).doesNotHaveDuplicates();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 12, 40, 60})
  void aBodyThatDidNotLeaveWholeWasNotTaken(int items) {
    try (var server = new RawServer(connection -> connection.read())) {
      Iterator<Item> some = items(items).iterator();
      BatchBody.Items broken =
          () -> {
            if (some.hasNext()) {
              return some.next();
            }
            throw new IOException("the store is away");
          };
      var body = BatchBody.of(length(items(100)), broken);
      var answer = answer(client(server.uri()).create(TERMS, body, () -> true), MessageBatch::read);

      assertThat(answer).isInstanceOf(Unsent.class);
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void theLeaseIsLookedAtOnceMoreBeforeTheLastBytes() {
    try (var server = RawServer.answering("HTTP/1.1 200 OK", ascii(BATCH))) {
      var asked = new int[1];
      var body = BatchBody.of(length(items(3)), BatchBody.of(items(3).iterator()));
      var answer =
          answer(
              client(server.uri()).create(TERMS, body, () -> asked[0]++ == 0), MessageBatch::read);

      assertThat(asked[0]).isEqualTo(2);
      assertThat(answer).isInstanceOf(Unsent.class);
    }
  }

  @Test
  void aReplyThatIsCutAnywhereIsNoReply() {
    byte[] whole =
        RawServer.reply("HTTP/1.1 200 OK\r\ncontent-length: " + BATCH.length(), ascii(BATCH));
    for (int length = 0; length < whole.length; length += 7) {
      byte[] part = Arrays.copyOf(whole, length);
      try (var server =
          new RawServer(connection -> {
            connection.read();
            connection.write(part);
          })) {
        assertThat(create(server.uri(), TERMS, items(2)))
            .as("%s", length)
            .isInstanceOf(Unclear.class);
      }
    }
  }

  @Test
  void silenceIsBounded() {
    var never = new CountDownLatch(1);
    try (var server =
        new RawServer(connection -> {
          connection.read();
          never.await();
        })) {
      assertThat(create(server.uri(), HASTY, items(2)))
          .isEqualTo(new Unclear<>(FailureCode.STREAM_STALLED, detail(server)));
      assertThat(answer(client(server.uri()).retrieve(HASTY, "x"), MessageBatch::read))
          .isInstanceOf(Unsent.class);
    } finally {
      never.countDown();
    }
  }

  private String detail(RawServer server) {
    return ((Unclear<?>) create(server.uri(), HASTY, items(2))).detail();
  }

  @Test
  void silentResultsAreCut() {
    var never = new CountDownLatch(1);
    try (var server =
        new RawServer(connection -> {
          connection.read();
          connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"custom_id\"");
          never.await();
        })) {
      var reply = client(server.uri()).results(HASTY, "x", _ -> {});

      assertThat(onVirtualThread(reply))
          .isInstanceOfSatisfying(
              Reply.Broken.class,
              broken -> assertThat(broken.code()).isEqualTo(FailureCode.STREAM_STALLED));
    } finally {
      never.countDown();
    }
  }

  @Test
  void anAbortEndsItAtOnce() throws InterruptedException {
    var arrived = new CountDownLatch(1);
    var never = new CountDownLatch(1);
    try (var server =
        new RawServer(connection -> {
          connection.read();
          arrived.countDown();
          never.await();
        })) {
      var body = BatchBody.of(length(items(2)), BatchBody.of(items(2).iterator()));
      var exchange = client(server.uri()).create(TERMS, body, () -> true);
      var aborting =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  arrived.await();
                  exchange.abort(AbortReason.DRAIN);
                } catch (InterruptedException stopped) {
                  Thread.currentThread().interrupt();
                }
              });
      assertThat(answer(exchange, MessageBatch::read))
          .isInstanceOfSatisfying(
              Unclear.class, it -> assertThat(it.code()).isEqualTo(FailureCode.DRAINED));
      aborting.join();
    } finally {
      never.countDown();
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "UNAUTHORIZED",
        "PAYMENT_REQUIRED",
        "ORGANIZATION_ON_HOLD",
        "LOW_CREDIT",
        "SPEND_CAP"
      })
  void theAccountsTroubleIsThePlatforms(Fault fault) {
    assertThat(failed(fault)).isInstanceOf(Outcome.Platform.class);
  }

  @ParameterizedTest
  @EnumSource(names = {"INVALID_REQUEST", "TOO_LARGE_HTML", "UNPROCESSABLE"})
  void whatIsRefusedForGoodIsPermanent(Fault fault) {
    assertThat(failed(fault)).isInstanceOf(Outcome.Permanent.class);
  }

  @ParameterizedTest
  @EnumSource(names = {"OVERLOADED", "SERVER_ERROR", "UNAVAILABLE", "GATEWAY_TIMEOUT"})
  void whatMayBeRepeatedIsRetryable(Fault fault) {
    assertThat(failed(fault)).isInstanceOf(Outcome.Retryable.class);
  }

  @Test
  void aLimitIsALimitAndAnUnknownBatchIsNotFound() {
    assertThat(failed(Fault.RATE_LIMITED)).isInstanceOf(Outcome.RateLimited.class);
    try (var simulator = Simulator.start()) {
      assertThat(
              answer(
                  client(simulator.baseUri()).retrieve(TERMS, "msgbatch_none"), MessageBatch::read))
          .isInstanceOf(NotFound.class);
    }
  }

  private Outcome.Failed failed(Fault fault) {
    try (var simulator = Simulator.start()) {
      simulator.fail(FaultRule.next(1, fault).on(BatchCall.CREATE));
      return ((Refused<MessageBatch>) create(simulator.baseUri(), TERMS, items(2))).outcome();
    }
  }

  private BatchAnswer<MessageBatch> create(URI uri, BatchTerms terms, List<Item> items) {
    var body = BatchBody.of(length(items), BatchBody.of(items.iterator()));
    return answer(client(uri).create(terms, body, () -> true), MessageBatch::read);
  }

  private static long length(List<Item> items) {
    return items.stream()
        .mapToLong(item -> BatchBody.length(item.customId(), item.params().length))
        .sum();
  }

  private static List<Item> items(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new Item("job_" + i, "{\"x\":\"\u00fc\"}".getBytes(StandardCharsets.UTF_8)))
        .toList();
  }

  private static <T> BatchAnswer<T> answer(Exchange exchange, Function<byte[], Optional<T>> read) {
    return BatchAnswer.of(onVirtualThread(exchange), Instant.now(), read);
  }

  // Only a virtual thread can be stopped while it waits for a socket.
  private static Reply onVirtualThread(Exchange exchange) {
    var task = new FutureTask<>(exchange::execute);
    Thread.ofVirtual().start(task);
    try {
      return task.get();
    } catch (InterruptedException | ExecutionException failure) {
      throw new AssertionError(failure);
    }
  }

  private BatchClient client(URI uri) {
    close();
    claude = new ClaudeClient(UpstreamSettings.of(uri, "test-key"), Clock.systemUTC());
    return new BatchClient(claude, 1 << 20);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
