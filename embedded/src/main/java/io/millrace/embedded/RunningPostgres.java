package io.millrace.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A server of ours that another process has started, as somebody beside it may use it. */
public record RunningPostgres(String jdbcUrl, String username, String password) {

  private static final String DATABASE = "millrace";

  /** The server whose data is in that directory, if it runs now. */
  public static Optional<RunningPostgres> in(Path directory) {
    return Postmaster.of(directory.resolve("pgdata"))
        .map(server ->
            new RunningPostgres(
                "jdbc:postgresql://%s:%d/%s".formatted(LoopbackPort.HOST, server.port(), DATABASE),
                PostgresCluster.USER,
                password(directory)));
  }

  private static String password(Path directory) {
    try {
      return Files.readString(directory.resolve("password")).strip();
    } catch (IOException unreadable) {
      throw new ServerFailed("cannot read the password in " + directory, unreadable);
    }
  }

  /** The password is a secret and stays out of whatever prints this. */
  @Override
  public String toString() {
    return username + " at " + jdbcUrl;
  }
}
