package io.millrace.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class EmbeddedPostgresTest {

  @Test
  void aThrowawayServerAnswersAndLeavesNothing() throws SQLException {
    long begun = System.nanoTime();
    var server = EmbeddedPostgres.builder().throwaway().start();
    System.out.println("ms " + (System.nanoTime() - begun) / 1_000_000);
    var directory = server.log().getParent();
    try (server;
        var connection = server.connect("millrace");
        var statement = connection.createStatement();
        var result = statement.executeQuery("select version()")) {
      assertThat(result.next()).isTrue();
      assertThat(result.getString(1)).contains("PostgreSQL 18");
    }
    assertThat(directory).doesNotExist();
  }
}
