package io.millrace.worker.kafka;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The topics, as they are made where they are missing.
 *
 * @param partitions of each topic that is yet to be made. One serves: a share group hands the
 *     records of one partition to any number of workers, and each further partition is a further
 *     write at the broker for every poll
 * @param replicationFactor of each topic; -1 takes the broker's default
 */
@ConfigurationProperties("millrace.kafka")
public record KafkaSettings(
    @DefaultValue("1") int partitions, @DefaultValue("-1") short replicationFactor) {

  public KafkaSettings {
    if (partitions < 1 || replicationFactor == 0 || replicationFactor < -1) {
      throw new IllegalArgumentException(
          "millrace.kafka needs at least one partition and one replica, or -1 for the broker's default");
    }
  }
}
