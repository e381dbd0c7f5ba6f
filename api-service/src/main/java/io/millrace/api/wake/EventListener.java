package io.millrace.api.wake;

import io.millrace.job.JobId;

/** Takes note of what the events topic tells: hints, of which any may be lost, late or doubled. */
public interface EventListener {

  /** Whether anybody waits for an event at all. */
  boolean cares();

  /** An event of that type came; returns at once. */
  void heard(JobId id, int tenantId, String type);
}
