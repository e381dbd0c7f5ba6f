package io.millrace.claude.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.call.Reply.Answered;
import io.millrace.claude.call.Reply.Broken;
import io.millrace.claude.call.Reply.NothingSent;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Aborts at random moments of a call's life. */
@Timeout(60)
class AbortRaceTest {
  private static final int CALLS = 400;
  private static final byte[] ANSWER = "{}".getBytes(StandardCharsets.UTF_8);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whatIsSaidToBeUnsentNeverArrives(long seed) throws Exception {
    race(seed);
  }

  @Test
  void whatIsSaidToBeUnsentNeverArrivesWithAFreshSeed() throws Exception {
    race(System.nanoTime());
  }

  private static void race(long seed) throws Exception {
    var random = new Random(seed);
    try (var server = RawServer.answering("HTTP/1.1 200 OK", ANSWER);
        var client =
            new ClaudeClient(
                UpstreamSettings.of(server.uri(), "k").withCorrelationHeaders(),
                Clock.systemUTC());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var replies = new ArrayList<Future<Reply>>();
      for (int i = 0; i < CALLS; i++) {
        Call call = client.prepare(request(i));
        replies.add(threads.submit(() -> executed(call)));
        long delay = random.nextLong(2_000_000);
        threads.execute(() -> {
          LockSupport.parkNanos(delay);
          call.abort(AbortReason.CANCEL);
        });
        if (i % 20 == 0) {
          replies.getLast().get();
        }
      }
      for (Future<Reply> reply : replies) {
        reply.get();
      }

      List<String> arrived =
          server.requests().stream().map(r -> r.headers().get("x-millrace-job")).toList();
      assertThat(arrived).as("seed %d", seed).doesNotHaveDuplicates();
      for (int i = 0; i < CALLS; i++) {
        switch (replies.get(i).get()) {
          case NothingSent _ -> assertThat(arrived).as("seed %d", seed).doesNotContain("job_" + i);
          case Answered _ -> assertThat(arrived).as("seed %d", seed).contains("job_" + i);
          case Broken _ -> {}
        }
      }
      assertThat(client.inFlight()).isZero();
    }
  }

  private static Reply executed(Call call) {
    Reply reply = call.execute();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    return reply;
  }

  private static CallRequest request(int number) {
    return new CallRequest(
        new byte[4_000],
        "2026-10-21",
        List.of(),
        Duration.ofSeconds(30),
        new CallRequest.Correlation("job_" + number, 1));
  }
}
