package io.millrace.worker.rescue;

import io.millrace.db.usage.Usages;
import java.time.Duration;

/** Sums up what was used since the last round, so that reports read hours and not calls. */
final class FoldUsage {

  private static final int MOST = 20_000;
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final Usages usages;

  FoldUsage(Usages usages) {
    this.usages = usages;
  }

  /** One round; a loop's body. */
  Duration once() {
    return usages.fold(MOST) == MOST ? Duration.ZERO : PAUSE;
  }
}
