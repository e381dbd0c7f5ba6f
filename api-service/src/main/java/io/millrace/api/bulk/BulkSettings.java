package io.millrace.api.bulk;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The bounds of batches.
 *
 * @param maxItems that a batch may have
 * @param maxBytes that the body of one may have
 * @param uploads bodies that are read at once
 * @param stores batches that are stored at once, each on a connection
 * @param patience how long one waits for its turn until it is answered 503
 * @param directory where bodies are kept while they come in; the system's for temporary files
 *     unless named
 * @param reserve of the deadline of a batch that may go either way, what is kept for the live
 *     queue; at most a quarter of it
 * @param leastRoom what else must be left of it for a provider batch to be worth a try
 */
@ConfigurationProperties("millrace.bulk")
record BulkSettings(
    @DefaultValue("100000") int maxItems,
    @DefaultValue("256MB") DataSize maxBytes,
    @DefaultValue("8") int uploads,
    @DefaultValue("2") int stores,
    @DefaultValue("30s") Duration patience,
    @Nullable Path directory,
    @DefaultValue("2h") Duration reserve,
    @DefaultValue("1h") Duration leastRoom) {

  BulkSettings {
    if (maxItems < 1
        || maxBytes.toBytes() < 1
        || uploads < 1
        || stores < 1
        || !patience.isPositive()) {
      throw new IllegalArgumentException("millrace.bulk: every bound must be positive");
    }
    if (reserve.isNegative() || leastRoom.isNegative()) {
      throw new IllegalArgumentException(
          "millrace.bulk.reserve and millrace.bulk.least-room must not be negative");
    }
  }
}
