package io.millrace.worker.rescue;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How long what is kept, from the submission of the job; nothing of a job goes before it is final.
 *
 * @param results requests, answers and attempts
 * @param jobs final jobs themselves: until then a job whose answer is gone still says how it ended
 * @param costs what calls cost; sums of usage stay for ever
 */
@ConfigurationProperties("millrace.retention")
public record RetentionSettings(
    @DefaultValue("29d") Duration results,
    @DefaultValue("90d") Duration jobs,
    @DefaultValue("400d") Duration costs) {

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
  }

  /** How long a job that ended late keeps its answer all the same. */
  Duration grace() {
    return results.compareTo(LONGEST_GRACE) < 0 ? results : LONGEST_GRACE;
  }
}
