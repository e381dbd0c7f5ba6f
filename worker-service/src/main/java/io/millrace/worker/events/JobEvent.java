package io.millrace.worker.events;

import io.millrace.job.JobId;
import io.millrace.job.JobState;

/** A job reached a state; which is all that an event tells, content never. */
public record JobEvent(JobId id, int tenantId, JobState state) {}
