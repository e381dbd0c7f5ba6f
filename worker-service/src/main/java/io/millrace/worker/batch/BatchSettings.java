package io.millrace.worker.batch;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How items of batches are sent to Claude's Message Batches.
 *
 * @param maxItems of one provider batch; Claude takes 100,000
 * @param maxBytes of its body; Claude takes 256 MB
 * @param maxWait how long an item waits for others that are sent with it
 * @param pollInterval the longest time between two looks at a batch; the first comes sooner
 * @param lostWait how long a batch whose create had no reply is looked for before its items go
 *     again
 * @param notFoundWait how long Claude may not know a batch that it took
 * @param enqueuedRequests how many items may wait at Claude, in all provider batches together
 */
@ConfigurationProperties("millrace.batches")
public record BatchSettings(
    @DefaultValue("10000") int maxItems,
    @DefaultValue("100MB") DataSize maxBytes,
    @DefaultValue("30s") Duration maxWait,
    @DefaultValue("60s") Duration pollInterval,
    @DefaultValue("10m") Duration lostWait,
    @DefaultValue("10m") Duration notFoundWait,
    @DefaultValue("200000") long enqueuedRequests) {

  private static final int MOST_ITEMS = 100_000;
  private static final long MOST_BYTES = 256_000_000;

  public BatchSettings {
    if (maxItems < 1 || maxItems > MOST_ITEMS) {
      throw new IllegalArgumentException(
          "millrace.batches.max-items is from 1 to 100000, not " + maxItems);
    }
    if (maxBytes.toBytes() < 1 || maxBytes.toBytes() > MOST_BYTES) {
      throw new IllegalArgumentException(
          "millrace.batches.max-bytes is from 1 to 256000000 bytes, not " + maxBytes);
    }
    if (maxWait.isNegative() || !pollInterval.isPositive()) {
      throw new IllegalArgumentException(
          "millrace.batches.max-wait must not be negative and poll-interval must be above zero");
    }
    if (!lostWait.isPositive() || !notFoundWait.isPositive() || enqueuedRequests < 1) {
      throw new IllegalArgumentException(
          "millrace.batches.lost-wait, not-found-wait and enqueued-requests must be above zero");
    }
  }
}
