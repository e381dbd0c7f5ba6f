package io.millrace.worker.execute;

import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Claims.Fence;
import io.millrace.db.job.Claims.Waits;
import io.millrace.job.JobId;
import io.millrace.job.Lane;
import java.time.Duration;
import java.util.UUID;

/** Held jobs that no store knows. */
final class HeldJob {

  private HeldJob() {}

  static Claimed in(String pool, int maxAttempts, boolean retryAmbiguous) {
    return new Claimed(
        new Fence(new JobId(new UUID(1, 2)), 1, new UUID(3, 4)),
        1,
        Lane.STANDARD,
        pool,
        "claude-haiku-5-5",
        0,
        0,
        maxAttempts,
        Duration.ofMinutes(1),
        retryAmbiguous,
        100,
        30,
        64,
        true,
        1,
        null,
        null,
        Duration.ofHours(1),
        new Waits(Duration.ZERO, Duration.ZERO, Duration.ZERO),
        false,
        null);
  }
}
