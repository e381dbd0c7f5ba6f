package io.millrace.worker.execute;

import io.millrace.claude.breaker.BreakerTerms;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * When the breaker of a pool opens.
 *
 * @param window how many of a worker's last calls to the pool count
 * @param minimumCalls how many of them there must be
 * @param failureRate the percentage of failures at which nothing more is called
 * @param open for how long; twice as long each time that the service is found failing again
 * @param longestOpen up to this
 * @param halfOpenCalls how many calls then try the service
 */
@ConfigurationProperties("millrace.breaker")
public record BreakerSettings(
    @DefaultValue("50") int window,
    @DefaultValue("20") int minimumCalls,
    @DefaultValue("50") int failureRate,
    @DefaultValue("5s") Duration open,
    @DefaultValue("60s") Duration longestOpen,
    @DefaultValue("3") int halfOpenCalls) {

  public BreakerSettings {
    var _ = new BreakerTerms(window, minimumCalls, failureRate, open, longestOpen, halfOpenCalls);
  }

  BreakerTerms terms() {
    return new BreakerTerms(window, minimumCalls, failureRate, open, longestOpen, halfOpenCalls);
  }
}
