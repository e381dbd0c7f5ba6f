package io.millrace.worker.batch;

import io.millrace.claude.batch.BatchClient;
import io.millrace.claude.batch.BatchTerms;
import io.millrace.db.batch.ProviderBatch;
import io.millrace.db.batch.ProviderBatches;
import io.millrace.db.batch.ProviderItems;
import java.time.Clock;
import java.time.Duration;

/** What every step with a provider batch needs. */
record Steps(
    ProviderBatches batches,
    ProviderItems items,
    BatchClient client,
    BatchGate gate,
    SettleItems settle,
    Means means) {

  /**
   * How long things take, and who is told.
   *
   * @param start how long the provider may take to begin a reply
   * @param idle how long it may be silent in the middle of one
   */
  record Means(
      BatchSettings settings,
      Pace pace,
      BatchMeters meters,
      Clock clock,
      Duration start,
      Duration idle) {}

  BatchTerms terms(ProviderBatch batch) {
    return new BatchTerms(
        batch.anthropicVersion(), batch.anthropicBeta(), means.start(), means.idle());
  }

  Pace pace() {
    return means.pace();
  }

  BatchMeters meters() {
    return means.meters();
  }

  Clock clock() {
    return means.clock();
  }

  BatchSettings settings() {
    return means.settings();
  }
}
