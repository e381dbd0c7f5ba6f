package io.millrace.cli.bench;

import java.time.Duration;
import java.util.List;

/**
 * How the rate is to be measured.
 *
 * @param window how long a scenario is measured; those of low limits three times that
 * @param warmUp how long it runs before that: estimates and bursts are learnt, code is compiled
 * @param tight whether the provider's bursts are as short as P4 still promises something
 * @param naive whether the client without a limiter is measured beside it
 */
record RatePlan(
    List<Scenario> scenarios,
    int workers,
    Duration window,
    Duration warmUp,
    boolean tight,
    boolean naive) {

  Duration window(Scenario scenario) {
    return scenario.isLow() ? window.multipliedBy(3) : window;
  }
}
