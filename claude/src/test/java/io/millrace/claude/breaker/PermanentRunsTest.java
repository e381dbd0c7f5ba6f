package io.millrace.claude.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PermanentRunsTest {

  private final PermanentRuns runs = new PermanentRuns();

  @Test
  void manyRefusalsOfSeveralTenantsAreSuspect() {
    assertThat(refusals(PermanentRuns.FAILURES - 1, 3)).isZero();

    assertThat(runs.failed("opus", 1)).isTrue();

    assertThat(runs.failed("opus", 1)).as("the count starts anew").isFalse();
  }

  @Test
  void oneTenantOrTwoAreNeverSuspect() {
    assertThat(refusals(10_000, 1)).isZero();
    assertThat(refusals(10_000, 2)).isZero();
  }

  @Test
  void aSuccessBetweenThemBeginsTheCountAnew() {
    refusals(PermanentRuns.FAILURES - 1, 3);
    runs.succeeded("opus");

    assertThat(refusals(PermanentRuns.FAILURES - 1, 3)).isZero();
  }

  @Test
  void poolsAreCountedApart() {
    refusals(PermanentRuns.FAILURES - 1, 3);
    runs.succeeded("haiku");

    assertThat(runs.failed("haiku", 1)).isFalse();
    assertThat(runs.failed("opus", 1)).isTrue();
  }

  private int refusals(int calls, int tenants) {
    int suspect = 0;
    for (int i = 0; i < calls; i++) {
      suspect += runs.failed("opus", 1 + i % tenants) ? 1 : 0;
    }
    return suspect;
  }
}
