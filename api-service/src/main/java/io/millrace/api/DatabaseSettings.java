package io.millrace.api;

import io.millrace.db.sql.Database;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where PostgreSQL is.
 *
 * @param url JDBC address
 * @param username who we are there
 * @param password what proves it
 */
@ConfigurationProperties("spring.datasource")
record DatabaseSettings(
    @DefaultValue("") String url,
    @DefaultValue("") String username,
    @DefaultValue("") String password) {

  DatabaseSettings {
    if (url.isBlank()) {
      throw new IllegalArgumentException(
          "spring.datasource.url is not set: the address of PostgreSQL, jdbc:postgresql://…");
    }
  }

  Database.Address address() {
    return new Database.Address(url, username, password);
  }

  @Override
  public String toString() {
    return address().toString();
  }
}
