package io.millrace.worker.dispatch;

import java.time.Duration;

/** What the rate lets start; the limiter's side of the dispatcher. */
public interface StartableJobs {

  /** Average jobs that the pool could start within the horizon, from what it holds and refills. */
  int within(String pool, Duration horizon);

  /**
   * The share of the pool's binding limit, in requests, that such a job is expected to take: what a
   * tenant is charged for it.
   */
  double cost(String pool, int estimatedInput, int maxOutput);
}
