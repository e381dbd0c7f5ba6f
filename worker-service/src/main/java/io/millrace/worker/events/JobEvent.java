package io.millrace.worker.events;

import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import org.jspecify.annotations.Nullable;

/**
 * A job reached a state: never what it was asked or what it answered, nor what its caller named it
 * or whom it was for, since the topic is read across tenants and outlives the job's deletion.
 *
 * @param details null where no worker held the job
 */
public record JobEvent(JobId id, int tenantId, JobState state, @Nullable Details details) {

  /**
   * What its worker knows of it.
   *
   * @param model the one that was called, or would have been
   * @param attempts all calls so far
   * @param failureCode null unless it failed
   */
  public record Details(
      Lane lane,
      String model,
      @Nullable String feature,
      int attempts,
      @Nullable String failureCode) {}

  /** Of a job that no worker held. */
  public static JobEvent of(JobId id, int tenantId, JobState state) {
    return new JobEvent(id, tenantId, state, null);
  }

  String type() {
    return "job." + state.wireName();
  }
}
