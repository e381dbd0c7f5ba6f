package io.millrace.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A JVM that starts a server in a data directory and then holds it until it is killed. */
final class PostgresHolder implements AutoCloseable {

  private final Process process;
  private final long serverPid;

  private PostgresHolder(Process process, long serverPid) {
    this.process = process;
    this.serverPid = serverPid;
  }

  static PostgresHolder start(Path directory) throws IOException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    PostgresHolder.class.getName(),
                    directory.toString()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    return new PostgresHolder(process, Long.parseLong(lines.readLine()));
  }

  long serverPid() {
    return serverPid;
  }

  /** Kills the JVM and leaves its server alone. */
  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }

  public static void main(String[] arguments) throws IOException {
    var server = EmbeddedPostgres.builder().dataDirectory(Path.of(arguments[0])).start();
    System.out.println(server.pid().orElseThrow());
    System.in.transferTo(java.io.OutputStream.nullOutputStream());
  }
}
