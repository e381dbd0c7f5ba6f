package io.millrace.api.live;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The bounds of live streams.
 *
 * @param perTenant streams that a tenant may have open at once
 * @param total streams that this process serves at once
 * @param buffer events that wait for a client that reads slowly; past it the client is cut
 * @param keepAlive silence after which a sign of life is sent
 * @param longest life of a stream, after which its client comes back
 */
@ConfigurationProperties("millrace.streams")
record LiveSettings(
    @DefaultValue("5000") int perTenant,
    @DefaultValue("8000") int total,
    @DefaultValue("1000") int buffer,
    @DefaultValue("15s") Duration keepAlive,
    @DefaultValue("1h") Duration longest) {

  LiveSettings {
    if (perTenant < 1
        || total < 1
        || buffer < 1
        || !keepAlive.isPositive()
        || !longest.isPositive()) {
      throw new IllegalArgumentException("millrace.streams: every bound must be positive");
    }
  }
}
