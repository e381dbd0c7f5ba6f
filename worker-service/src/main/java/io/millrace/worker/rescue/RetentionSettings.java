package io.millrace.worker.rescue;

import io.millrace.db.job.Erasures.Bounds;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How long what is kept, from the submission of the job; nothing of a job goes before it is final.
 *
 * @param results requests, answers and attempts
 * @param jobs final jobs themselves: until then a job whose answer is gone still says how it ended
 * @param costs what calls cost; sums of usage stay for ever
 * @param fetched of a job with {@code "retention": "none"} prompt and answer, after they were
 *     handed over: time to ask again where an answer got lost on its way
 * @param unfetched of such a job the same, after its end, where nobody came for it
 * @param deliveries of webhooks, after they were made
 * @param deliveryPayloads their attempts, with the beginning of what was answered, and what was
 *     sent
 */
@ConfigurationProperties("millrace.retention")
public record RetentionSettings(
    @DefaultValue("29d") Duration results,
    @DefaultValue("90d") Duration jobs,
    @DefaultValue("400d") Duration costs,
    @DefaultValue("1m") Duration fetched,
    @DefaultValue("24h") Duration unfetched,
    @DefaultValue("29d") Duration deliveries,
    @DefaultValue("7d") Duration deliveryPayloads) {

  private static final Duration LONGEST_GRACE = Duration.ofDays(7);

  public RetentionSettings {
    if (results.compareTo(Duration.ofDays(1)) < 0) {
      throw new IllegalArgumentException(
          "millrace.retention.results must be at least 1d, not " + results);
    }
    if (jobs.compareTo(results) < 0 || costs.compareTo(results) < 0) {
      throw new IllegalArgumentException(
          "millrace.retention.jobs and .costs must not be shorter than .results of " + results);
    }
    if (fetched.isNegative() || unfetched.compareTo(fetched) < 0) {
      throw new IllegalArgumentException(
          "millrace.retention.fetched must not be negative, nor .unfetched shorter than it");
    }
    if (deliveryPayloads.compareTo(Duration.ofDays(1)) < 0
        || deliveries.compareTo(deliveryPayloads) < 0) {
      throw new IllegalArgumentException(
          "millrace.retention.delivery-payloads must be at least 1d, and .deliveries not shorter than it");
    }
  }

  Bounds bounds() {
    return new Bounds(fetched, unfetched);
  }

  /** How long a job that ended late keeps its answer all the same. */
  Duration grace() {
    return results.compareTo(LONGEST_GRACE) < 0 ? results : LONGEST_GRACE;
  }
}
