package io.millrace.db.job;

import io.millrace.job.JobId;
import java.time.Instant;

/** What became of one submission. */
public sealed interface Submitted {

  /** Stored by this submission; times are the database's. */
  record Created(JobId id, Instant createdAt, Instant expiresAt) implements Submitted {}

  /** The key was used before with the same body: this job is the answer, nothing was stored. */
  record Replayed(JobId id) implements Submitted {}

  /** The key was used before with another body: nothing was stored. */
  record KeyReused() implements Submitted {}
}
