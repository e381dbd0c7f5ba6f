package io.millrace.webhook;

import io.millrace.webhook.address.Targets;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How webhooks are sent, and where to.
 *
 * @param schedule how long after the one before each attempt comes; there are as many as entries
 * @param jitter by which share of itself a wait is longer or shorter at random
 * @param timeout how long one attempt may take
 * @param disableAfter how long nothing but failure disables an endpoint
 * @param allow networks that may be sent to although webhooks are not for them: CIDRs, addresses,
 *     and {@code loopback} for this machine
 * @param allowHttp whether URLs may be of http; those of an allowed loopback may anyway
 */
@ConfigurationProperties("millrace.webhooks")
public record WebhookSettings(
    @DefaultValue({"0s", "5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"})
        List<Duration> schedule,
    @DefaultValue("0.2") double jitter,
    @DefaultValue("15s") Duration timeout,
    @DefaultValue("5d") Duration disableAfter,
    @DefaultValue List<String> allow,
    @DefaultValue("false") boolean allowHttp) {

  private static final int MOST_ATTEMPTS = 100;

  public WebhookSettings {
    if (schedule.isEmpty()
        || schedule.size() > MOST_ATTEMPTS
        || schedule.stream().anyMatch(Duration::isNegative)) {
      throw new IllegalArgumentException(
          "millrace.webhooks.schedule must be 1 to %d waits, none below zero, not %s"
              .formatted(MOST_ATTEMPTS, schedule));
    }
    if (!(jitter >= 0 && jitter < 1)) {
      throw new IllegalArgumentException(
          "millrace.webhooks.jitter must be at least 0 and below 1, not " + jitter);
    }
    if (timeout.compareTo(Duration.ofMillis(100)) < 0
        || timeout.compareTo(Duration.ofMinutes(2)) > 0) {
      throw new IllegalArgumentException(
          "millrace.webhooks.timeout must be from 100ms to 2m, not " + timeout);
    }
    if (!disableAfter.isPositive()) {
      throw new IllegalArgumentException(
          "millrace.webhooks.disable-after must be above zero, not " + disableAfter);
    }
    schedule = List.copyOf(schedule);
    allow = List.copyOf(allow);
    var _ = new Targets(allow, allowHttp);
  }

  /** Where webhooks may be sent to. */
  public Targets targets() {
    return new Targets(allow, allowHttp);
  }
}
