package io.millrace.worker.lease;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How long a worker may be silent.
 *
 * @param lease silence after which a worker is taken for lost and its jobs go to others; at least
 *     one second
 */
@ConfigurationProperties("millrace")
public record LeaseSettings(@DefaultValue("15s") Duration lease) {

  public LeaseSettings {
    if (lease.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("millrace.lease must be at least 1s, not " + lease);
    }
  }

  /** Five heartbeats fit a lease, and the dispatcher sees free slots at most a second old. */
  Duration heartbeat() {
    var fifth = lease.dividedBy(5);
    return fifth.compareTo(Duration.ofSeconds(1)) < 0 ? fifth : Duration.ofSeconds(1);
  }
}
