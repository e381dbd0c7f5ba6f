package io.millrace.claude.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.call.ClaudeClient;
import io.millrace.claude.call.UpstreamSettings;
import io.millrace.claude.probe.PlainProbe.Finding;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class PlainProbeTest {
  private static final String VERSION = "2026-10-21";

  private final AtomicLong nanos = new AtomicLong();
  private final List<String> asked = new ArrayList<>();
  private int status = 403;
  private final PlainProbe probe =
      new PlainProbe(
          (model, version, atMost) -> {
            asked.add(model);
            return status == 0 ? OptionalInt.empty() : OptionalInt.of(status);
          },
          nanos::get);

  @ParameterizedTest
  @CsvSource({
    "403, ALIKE",
    "200, PASSES",
    "404, UNKNOWN",
    "400, UNKNOWN",
    "401, UNKNOWN",
    "429, UNKNOWN",
    "500, UNKNOWN",
    "529, UNKNOWN",
    "0, UNKNOWN"
  })
  void onlyTheSameStatusIsAlikeAndOnlySuccessPasses(int found, Finding finding)
      throws InterruptedException {
    status = found;

    assertThat(probe.compare("m", VERSION, 403)).isEqualTo(finding);
  }

  @Test
  void thatEverybodyIsRefusedIsBelievedForSeconds() throws InterruptedException {
    for (int i = 0; i < 10; i++) {
      assertThat(probe.compare("m", VERSION, 403)).isEqualTo(Finding.ALIKE);
      after(400);
    }
    assertThat(asked).hasSize(1);

    after(2_000);
    status = 200;
    assertThat(probe.compare("m", VERSION, 403)).isEqualTo(Finding.PASSES);
    assertThat(asked).hasSize(2);
  }

  @Test
  void aPassSpeaksOnlyForFailuresBeforeIt() throws InterruptedException {
    status = 200;
    assertThat(probe.compare("m", VERSION, 403)).isEqualTo(Finding.PASSES);
    after(1_000);
    status = 403;

    assertThat(probe.compare("m", VERSION, 403)).isEqualTo(Finding.ALIKE);
  }

  @Test
  void modelsAreAskedAboutApart() throws InterruptedException {
    probe.compare("a", VERSION, 403);
    probe.compare("b", VERSION, 403);
    probe.compare("a", "2023-06-01", 403);
    probe.compare("b", VERSION, 403);

    assertThat(asked).containsExactly("a", "b", "a");
  }

  @Test
  void oneProbeSpeaksForAllWhoWaitAndOneASecondBegins() throws Exception {
    var first = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var probes = new AtomicInteger();
    var most = new AtomicInteger();
    var now = new AtomicInteger();
    var real =
        new PlainProbe(
            (model, version, atMost) -> {
              most.accumulateAndGet(now.incrementAndGet(), Math::max);
              probes.incrementAndGet();
              first.countDown();
              await(goOn);
              now.decrementAndGet();
              return OptionalInt.of(200);
            },
            System::nanoTime);
    var begins = start(real);
    first.await();
    List<FutureTask<Finding>> others = IntStream.range(0, 50).mapToObj(i -> start(real)).toList();
    goOn.countDown();

    assertThat(begins.get()).isEqualTo(Finding.PASSES);
    for (var other : others) {
      assertThat(other.get()).isEqualTo(Finding.PASSES);
    }
    assertThat(most).hasValue(1);
    assertThat(probes.get()).isLessThanOrEqualTo(3);
  }

  @Test
  void nobodyWaitsForever() throws Exception {
    var first = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var time = new AtomicLong();
    var stuck =
        new PlainProbe(
            (model, version, atMost) -> {
              assertThat(atMost).isEqualTo(Duration.ofSeconds(5));
              first.countDown();
              time.set(Duration.ofSeconds(5).toNanos());
              await(goOn);
              return OptionalInt.empty();
            },
            time::get);
    var begins = start(stuck);
    first.await();
    goOn.countDown();

    assertThat(begins.get()).isEqualTo(Finding.UNKNOWN);
  }

  @Test
  void claudeIsAskedToCountTheTokensOfAWord() throws InterruptedException {
    try (var simulator = Simulator.start();
        var client =
            new ClaudeClient(UpstreamSettings.of(simulator.baseUri(), "k"), Clock.systemUTC())) {
      assertThat(PlainProbe.of(client).compare("claude-sonnet-5-5", VERSION, 403))
          .isEqualTo(Finding.PASSES);
      assertThat(PlainProbe.of(client).compare("claude-none", VERSION, 404))
          .isEqualTo(Finding.ALIKE);
      assertThat(PlainProbe.of(client).compare("", VERSION, 404)).isEqualTo(Finding.PASSES);

      simulator.fail(FaultRule.always(Fault.FORBIDDEN));
      assertThat(PlainProbe.of(client).compare("claude-sonnet-5-5", VERSION, 403))
          .isEqualTo(Finding.ALIKE);

      simulator.clearFaults();
      simulator.fail(FaultRule.always(Fault.FORBIDDEN).forJob("job_1"));
      assertThat(PlainProbe.of(client).compare("claude-sonnet-5-5", VERSION, 403))
          .as("one job's own refusal is not everybody's")
          .isEqualTo(Finding.PASSES);
      assertThat(simulator.journal())
          .allSatisfy(call -> assertThat(call.path()).isEqualTo("/v1/messages/count_tokens"));
    }
    try (var client =
        new ClaudeClient(
            UpstreamSettings.of(URI.create("http://127.0.0.1:1"), "k"), Clock.systemUTC())) {
      assertThat(PlainProbe.of(client).compare("m", VERSION, 403)).isEqualTo(Finding.UNKNOWN);
    }
  }

  private void after(long millis) {
    nanos.addAndGet(Duration.ofMillis(millis).toNanos());
  }

  private static FutureTask<Finding> start(PlainProbe probe) {
    var task = new FutureTask<>(() -> probe.compare("m", VERSION, 403));
    Thread.ofVirtual().start(task);
    return task;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
