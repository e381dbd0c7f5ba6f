package io.millrace.worker.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.job.Releases.Queue;
import io.millrace.job.Lane;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the workers' heartbeats need not know of yet. */
class RecentReleasesTest {

  private static final Queue QUEUE = new Queue("opus-5-5", Lane.STANDARD, 1);

  private long now;
  private final RecentReleases recent = new RecentReleases(() -> now);

  @Test
  void aReleaseIsUnseenUntilTheWorkersHaveToldOfThemselvesSince() {
    recent.begin(0);
    recent.add(QUEUE);
    after(Duration.ofSeconds(1));
    recent.begin(0);
    assertThat(recent.unseen()).isEqualTo(1);

    after(Duration.ofSeconds(2));
    recent.begin(0);
    after(Duration.ofSeconds(2));
    recent.begin(0);

    assertThat(recent.unseen()).isZero();
  }

  @Test
  void whatWasReleasedLongAgoIsUnseenWhileItMayJustHaveBeenClaimed() {
    recent.begin(0);
    recent.add(QUEUE);
    recent.add(QUEUE);
    for (int seconds = 0; seconds < 5; seconds++) {
      after(Duration.ofSeconds(1));
      recent.begin(2);
    }

    after(Duration.ofMillis(100));
    recent.begin(0);

    assertThat(recent.unseen()).isGreaterThanOrEqualTo(2);
    after(Duration.ofSeconds(2));
    recent.begin(0);
    after(Duration.ofSeconds(2));
    recent.begin(0);
    assertThat(recent.unseen()).isZero();
  }

  private void after(Duration time) {
    now += time.toNanos();
  }
}
