package io.millrace.worker.execute;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What one worker takes on.
 *
 * @param slots jobs held at once, one call each
 * @param bytes prompts of held jobs in memory; a job that does not fit goes back to the queue
 * @param patience how long a held job waits for the rate, or between two attempts, before it goes
 *     back to the queue
 */
@ConfigurationProperties("millrace.worker")
public record ExecuteSettings(
    @DefaultValue("10000") int slots,
    @DefaultValue("256MB") DataSize bytes,
    @DefaultValue("2s") Duration patience) {

  public ExecuteSettings {
    if (slots < 1 || bytes.toMegabytes() < 64 || patience.isNegative()) {
      throw new IllegalArgumentException(
          "millrace.worker needs at least one slot and 64MB of bytes, twice the largest request");
    }
  }
}
