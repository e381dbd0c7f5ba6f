package io.millrace.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.classify.Outcome;
import io.millrace.claude.classify.Outcome.Fault;
import io.millrace.claude.probe.PlainProbe;
import io.millrace.failure.FailureCode;
import io.millrace.model.ModelCatalogue;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RefusalsTest {

  private static final Outcome FORBIDDEN = refused(FailureCode.PERMISSION_DENIED, 403);
  private static final Outcome MISSING = refused(FailureCode.NOT_FOUND, 404);

  private final List<String> asked = new ArrayList<>();
  private final Map<String, Integer> statuses = new HashMap<>();

  @Test
  void oneModelOfAPoolSpeaksForIt() {
    assertThat(confirmed("claude-sonnet-5-5", FORBIDDEN)).isSameAs(FORBIDDEN);
    assertThat(asked).containsExactly("claude-sonnet-5-5");
  }

  @Test
  void whatFailsAlikeIsThePlatforms() {
    statuses.put("claude-sonnet-5-5", 403);
    assertThat(confirmed("claude-sonnet-5-5", FORBIDDEN))
        .isEqualTo(new Outcome.Platform(fault(FailureCode.ACCOUNT_PERMISSION_DENIED, 403)));

    statuses.put("claude-sonnet-5-5", 404);
    assertThat(confirmed("claude-sonnet-5-5", MISSING))
        .isEqualTo(new Outcome.Platform(fault(FailureCode.MODEL_UNAVAILABLE, 404)));
  }

  @Test
  void aModelThatIsRefusedAloneDoesNotStopItsPool() {
    statuses.put("claude-opus-4-8", 404);

    assertThat(confirmed("claude-opus-4-8", MISSING)).isSameAs(MISSING);
    assertThat(asked).containsExactly("claude-opus-4-8", "claude-opus-4-7");

    statuses.put("claude-opus-4-7", 404);
    assertThat(confirmed("claude-opus-4-8", MISSING)).isInstanceOf(Outcome.Platform.class);
  }

  @ParameterizedTest
  @CsvSource({"claude-typo", "claude-mythos-preview"})
  void aModelThatIsNotThereIsTheJobsFaultWhileAnythingElseIs(String model) {
    assertThat(confirmed(model, MISSING)).isSameAs(MISSING);
    assertThat(asked).containsExactly("");

    statuses.put("", 404);
    assertThat(confirmed(model, MISSING)).isInstanceOf(Outcome.Platform.class);
  }

  @ParameterizedTest
  @CsvSource({"0", "401", "404", "429", "500", "529"})
  void whatCannotBeFoundOutIsTriedAgain(int status) {
    statuses.put("claude-sonnet-5-5", status);

    assertThat(confirmed("claude-sonnet-5-5", FORBIDDEN))
        .isEqualTo(new Outcome.Retryable(fault(FailureCode.REFUSAL_UNCONFIRMED, 403), null));
  }

  @ParameterizedTest
  @EnumSource(names = {"INVALID_REQUEST", "REQUEST_TOO_LARGE", "UNPROCESSABLE", "RETRY_FORBIDDEN"})
  void otherRefusalsAreTheJobsWithoutAsking(FailureCode code) {
    var outcome = refused(code, 400);

    assertThat(confirmed("claude-sonnet-5-5", outcome)).isSameAs(outcome);
    assertThat(asked).isEmpty();
  }

  // A probe each time: what the last one found is of no interest here.
  private Outcome confirmed(String model, Outcome outcome) {
    var probe =
        new PlainProbe(
            (name, version, atMost) -> {
              asked.add(name);
              int status = statuses.getOrDefault(name, 200);
              return status == 0 ? OptionalInt.empty() : OptionalInt.of(status);
            },
            System::nanoTime);
    var clock = Clock.fixed(Instant.parse("2026-11-20T12:00:00Z"), ZoneOffset.UTC);
    return new Refusals(probe, ModelCatalogue.bundled(), clock)
        .confirmed(model, "2026-10-21", outcome);
  }

  private static Outcome refused(FailureCode code, int status) {
    return new Outcome.Permanent(fault(code, status));
  }

  private static Fault fault(FailureCode code, int status) {
    return new Fault(code, "no", status, null);
  }
}
