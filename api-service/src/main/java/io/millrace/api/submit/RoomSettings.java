package io.millrace.api.submit;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * When intake stops for want of disk space in PostgreSQL, before PostgreSQL does.
 *
 * @param dataDirectory PostgreSQL's data, where that is on this machine
 * @param minFree space that intake leaves free there, for the answers to what was taken in
 * @param maxDatabaseBytes size of the database past which nothing is taken in, for a PostgreSQL
 *     elsewhere; 0: any
 */
@ConfigurationProperties("millrace.intake")
record RoomSettings(
    @Nullable Path dataDirectory,
    @DefaultValue("1GB") DataSize minFree,
    @DefaultValue("0") DataSize maxDatabaseBytes) {

  RoomSettings {
    if (minFree.isNegative() || maxDatabaseBytes.isNegative()) {
      throw new IllegalArgumentException(
          "millrace.intake.min-free and millrace.intake.max-database-bytes must not be negative");
    }
  }
}
