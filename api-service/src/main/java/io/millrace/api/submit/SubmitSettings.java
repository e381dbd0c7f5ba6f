package io.millrace.api.submit;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The bounds of intake.
 *
 * @param queue submissions that may wait for a transaction; past it the answer is 503
 * @param batch submissions that share a transaction at most
 * @param batchBytes bytes of params past which no further submission joins a transaction
 * @param flushers transactions at once
 * @param timeout how long a submission may take until it is answered 503
 */
@ConfigurationProperties("millrace.intake")
record SubmitSettings(
    @DefaultValue("4096") int queue,
    @DefaultValue("250") int batch,
    @DefaultValue("8388608") long batchBytes,
    @DefaultValue("2") int flushers,
    @DefaultValue("5s") Duration timeout) {

  SubmitSettings {
    if (queue < 1 || batch < 1 || batchBytes < 1 || flushers < 1 || !timeout.isPositive()) {
      throw new IllegalArgumentException("millrace.intake: every bound must be positive");
    }
  }
}
