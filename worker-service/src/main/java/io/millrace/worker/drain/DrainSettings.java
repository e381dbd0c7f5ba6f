package io.millrace.worker.drain;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How a worker stops.
 *
 * @param grace how long running calls may go on after a SIGTERM before they are stopped and their
 *     jobs given back
 */
@ConfigurationProperties("millrace.drain")
public record DrainSettings(@DefaultValue("30s") Duration grace) {

  public DrainSettings {
    if (grace.isNegative()) {
      throw new IllegalArgumentException("millrace.drain.grace must not be negative");
    }
  }
}
