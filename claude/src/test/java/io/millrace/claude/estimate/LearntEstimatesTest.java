package io.millrace.claude.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.millrace.claude.estimate.LearntEstimates.Request;
import io.millrace.money.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LearntEstimatesTest {

  private static final String SONNET = "claude-sonnet-5-5";
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration WHOLE = Duration.ofSeconds(4);
  private static final int PREFIX = 9_000;
  private static final int QUESTION = 1_000;

  private long now = -7_000_000_000_000L;
  private final LearntEstimates estimates = new LearntEstimates(() -> now);

  @Test
  void whatIsNotKnownIsTakenAtItsEstimate() {
    assertThat(estimates.expect(request("new", 500, 300)))
        .extracting(Expected::inputTokens, Expected::outputTokens)
        .containsExactly(500L, 300L);
    assertThat(estimates.expect(request("new", 500, 100_000)).outputTokens()).isEqualTo(1_024);
    assertThat(estimates.expect(request("new", 500, 0)).outputTokens()).isZero();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.5, 1, 2, 8})
  void anEstimateThatIsOffIsPutRightWithinTensOfCalls(double factor) {
    var random = new Random(7);
    for (int i = 0; i < 30; i++) {
      long estimated = random.nextLong(200, 5_200);
      double noise = 1 + 0.1 * random.nextGaussian();
      learn(request("a", estimated, 100), Usage.of((long) (estimated * factor * noise), 100));
    }

    assertThat(estimates.expect(request("a", 10_000, 100)).inputTokens())
        .isCloseTo((long) (10_000 * factor), withinPercentage(6));
  }

  @Test
  void aModelsTokenizerIsKnownToNewTenants() {
    for (int i = 0; i < 40; i++) {
      learn(request("a", 1_000, 100), Usage.of(700, 10));
      learn(new Request("claude-sonnet-4-6", 1, "a", 1_000, 100), Usage.of(1_500, 10));
    }

    assertThat(estimates.expect(new Request(SONNET, 2, null, 1_000, 100)).inputTokens())
        .isBetween(700L, 720L);
    assertThat(
            estimates.expect(new Request("claude-sonnet-4-6", 2, null, 1_000, 100)).inputTokens())
        .isBetween(1_480L, 1_500L);
  }

  @Test
  void whatACacheHoldsIsNotExpectedOnceItIsRead() {
    assertThat(estimates.expect(prompt()).inputTokens()).isEqualTo(10_000);
    for (int i = 0; i < 100; i++) {
      learn(prompt(), written());
    }
    assertThat(estimates.expect(prompt()).inputTokens()).isEqualTo(10_000);

    now += WHOLE.toNanos();
    for (int i = 0; i < 30; i++) {
      learn(prompt(), read());
    }

    assertThat(estimates.expect(prompt()).inputTokens()).isBetween(1_000L, 1_080L);
  }

  @Test
  void aCacheThatWasLeftAloneIsExpectedToBeWrittenAgain() {
    warmUp();

    now += Duration.ofMinutes(6).toNanos();
    assertThat(estimates.expect(prompt()).inputTokens()).isBetween(9_900L, 10_100L);
    learn(prompt(), written());
    now += WHOLE.toNanos();
    learn(prompt(), read());

    assertThat(estimates.expect(prompt()).inputTokens()).isBetween(1_000L, 1_080L);
  }

  @Test
  void aCacheForAnHourIsExpectedToLast() {
    learn(prompt(), Usage.of(QUESTION, 50).withCache(0, PREFIX, 0));
    now += WHOLE.toNanos();
    for (int i = 0; i < 40; i++) {
      learn(prompt(), read());
    }

    now += Duration.ofMinutes(50).toNanos();
    assertThat(estimates.expect(prompt()).inputTokens()).isBetween(1_000L, 1_080L);
    now += Duration.ofMinutes(11).toNanos();
    assertThat(estimates.expect(prompt()).inputTokens()).isBetween(9_900L, 10_100L);
  }

  @Test
  void aFeatureNotSeenYetIsTakenToWriteItsPrompt() {
    warmUp();

    assertThat(estimates.expect(request("another", 10_000, 100)).inputTokens())
        .isGreaterThan(8_500L);
    assertThat(estimates.expect(new Request(SONNET, 9, "cached", 10_000, 100)).inputTokens())
        .isEqualTo(10_000);
  }

  @Test
  void featuresWithoutEndAreKnownByTheirTenantsFirstCalls() {
    for (int i = 0; i < 60; i++) {
      learn(request("feature-" + i, 10_000, 4_000), read());
    }

    var expected = estimates.expect(request("feature-60", 10_000, 4_000));

    assertThat(expected.inputTokens()).isBetween(1_000L, 1_100L);
    assertThat(expected.outputTokens()).isBetween(50L, 55L);
  }

  @Test
  void everyOtherPromptIsAnotherPrefix() {
    var random = new Random(3);
    warmUp();

    double bias =
        bias(
            2_000,
            _ -> random.nextBoolean() ? written() : read(),
            (expected, usage) -> expected.inputTokens() - usage.rateLimitedInputTokens(),
            Usage::rateLimitedInputTokens);

    assertThat(bias).isBetween(-0.02, 0.08);
  }

  @ParameterizedTest
  @CsvSource({"0.3, 1", "0.5, 2", "0.8, 3", "1.0, 4", "1.0, 5"})
  void answersOfAllLengthsAddUp(double sigma, long seed) {
    var random = new Random(seed);
    LongFunction<Usage> answer =
        bound ->
            Usage.of(
                10_000,
                Math.min(bound, 1 + (long) (300 * Math.exp(sigma * random.nextGaussian()))));
    for (int i = 0; i < 40; i++) {
      learn(prompt(), answer.apply(prompt().maxOutput()));
    }

    double bias =
        bias(
            2_000,
            answer,
            (expected, usage) -> expected.outputTokens() - usage.outputTokens(),
            Usage::outputTokens);

    assertThat(bias).isBetween(-0.01, 0.06);
  }

  @Test
  void theFirstCallsAreExpectedToBeLong() {
    for (int calls = 1; calls <= 60; calls++) {
      learn(request("short", 100, 8_000), Usage.of(100, 40));
      long expected = estimates.expect(request("short", 100, 8_000)).outputTokens();
      if (calls <= 5) {
        assertThat(expected).isGreaterThan(400);
      } else if (calls >= 40) {
        assertThat(expected).isBetween(40L, 44L);
      }
    }
  }

  @Test
  void answersThatAreAlwaysCutOffAreExpectedToBe() {
    var random = new Random(5);
    for (int i = 0; i < 40; i++) {
      long bound = random.nextLong(500, 4_500);
      learn(request("greedy", 100, bound), Usage.of(100, bound));
    }

    assertThat(estimates.expect(request("greedy", 100, 500)).outputTokens()).isEqualTo(500);
    assertThat(estimates.expect(request("greedy", 100, 4_000)).outputTokens())
        .isCloseTo(4_000, within(40L));
    assertThat(estimates.expect(request("greedy", 100, 128_000)).outputTokens())
        .isBetween(4_000L, 12_000L);
  }

  @Test
  void aChangeOfBehaviourIsFollowed() {
    warmUp();
    for (int i = 0; i < 300; i++) {
      learn(prompt(), read());
    }

    now += WHOLE.toNanos();
    for (int i = 0; i < 150; i++) {
      learn(prompt(), Usage.of(20_000, 400));
    }

    var expected = estimates.expect(prompt());
    assertThat(expected.inputTokens()).isCloseTo(20_000, withinPercentage(12));
    assertThat(expected.outputTokens()).isCloseTo(400, withinPercentage(12));
  }

  @Test
  void speedIsThatOfProduction() {
    for (int i = 0; i < 60; i++) {
      learn(prompt(), Usage.of(100, 240));
      estimates.learn(
          new Request("whole", 1, null, 100, 1_000),
          Usage.of(100, 240),
          WHOLE,
          WHOLE.plusMillis(3));
    }

    var streamed = estimates.expect(prompt());
    assertThat(streamed.outputPerSecond()).isCloseTo(80, withinPercentage(1));
    assertThat(streamed.untilFirst()).isEqualTo(FIRST);
    var whole = estimates.expect(new Request("whole", 1, null, 100, 1_000));
    assertThat(whole.outputPerSecond()).isCloseTo(60, withinPercentage(1));
    assertThat(whole.untilFirst()).isZero();
  }

  @Test
  void theLatestFeaturesAreRemembered() {
    for (int i = 0; i < 2 * LearntEstimates.MOST_FEATURES; i++) {
      if (i % 1_000 == 0) {
        learn(request("busy", 1_000, 100), Usage.of(3_000, 1));
      }
      learn(new Request("model-" + i % 900, i, "f" + i, 1_000, 100), Usage.of(1_000, 1));
    }

    assertThat(estimates.remembered()).isEqualTo(LearntEstimates.MOST_FEATURES);
    assertThat(estimates.expect(request("busy", 1_000, 100)).inputTokens()).isGreaterThan(2_500);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whateverHappensExpectationsStayInBounds(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 3_000; i++) {
      now += random.nextLong(1L << (1 + random.nextInt(42)));
      var request =
          new Request(
              "m" + random.nextInt(3),
              random.nextInt(3),
              random.nextBoolean() ? null : "f" + random.nextInt(3),
              any(random),
              any(random));
      var expected = estimates.expect(request);
      assertThat(expected.inputTokens()).isBetween(0L, Long.MAX_VALUE / 4);
      assertThat(expected.outputTokens()).isBetween(0L, request.maxOutput());
      assertThat(expected.outputPerSecond()).isPositive().isFinite();
      assertThat(expected.untilFirst()).isBetween(Duration.ZERO, Duration.ofHours(1));
      var usage =
          Usage.of(any(random), any(random)).withCache(any(random), any(random), any(random));
      Duration whole = Duration.ofNanos(random.nextLong(1L << (1 + random.nextInt(41))));
      estimates.learn(request, usage, random.nextBoolean() ? whole : whole.dividedBy(3), whole);
    }
  }

  @Test
  void manyMayAskAndTellAtOnce() throws Exception {
    List<Callable<Long>> calls =
        IntStream.range(0, 2_000).mapToObj(i -> (Callable<Long>) () -> askAndTell(i % 7)).toList();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var asked : threads.invokeAll(calls)) {
        assertThat(asked.get()).isBetween(500L, 1_000L);
      }
    }

    assertThat(estimates.expect(request("f0", 1_000, 100)).inputTokens()).isEqualTo(500);
  }

  private long askAndTell(int feature) {
    var request = request("f" + feature, 1_000, 100);
    learn(request, Usage.of(500, 100));
    return estimates.expect(request).inputTokens();
  }

  private interface Difference {
    long of(Expected expected, Usage usage);
  }

  /** By what part of what the calls took more was expected of them. */
  private double bias(int calls, LongFunction<Usage> answer, Difference difference, Taken took) {
    long over = 0;
    long taken = 0;
    for (int i = 0; i < calls; i++) {
      Usage usage = answer.apply(prompt().maxOutput());
      over += difference.of(estimates.expect(prompt()), usage);
      taken += took.of(usage);
      now += Duration.ofMillis(100).toNanos();
      learn(prompt(), usage);
    }
    return (double) over / (double) taken;
  }

  private interface Taken {
    long of(Usage usage);
  }

  private void warmUp() {
    learn(prompt(), written());
    now += WHOLE.toNanos();
    for (int i = 0; i < 40; i++) {
      learn(prompt(), read());
    }
  }

  private void learn(Request request, Usage usage) {
    estimates.learn(request, usage, FIRST, WHOLE);
  }

  private static Request prompt() {
    return request("cached", 10_000, 4_000);
  }

  private static Request request(String feature, long estimatedInput, long maxOutput) {
    return new Request(SONNET, 1, feature, estimatedInput, maxOutput);
  }

  private static Usage written() {
    return Usage.of(QUESTION, 50).withCache(PREFIX, 0, 0);
  }

  private static Usage read() {
    return Usage.of(QUESTION, 50).withCache(0, 0, PREFIX);
  }

  /** Of any size up to 2^30, small ones as often as large. */
  private static long any(Random random) {
    return random.nextLong(1L << random.nextInt(31));
  }
}
