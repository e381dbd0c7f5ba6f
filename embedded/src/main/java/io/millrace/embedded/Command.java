package io.millrace.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One run of a program that ends by itself, with a bound on how long that may take. */
final class Command {

  record Ended(int exit, String output) {
    boolean well() {
      return exit == 0;
    }
  }

  private Command() {}

  static Ended run(List<String> command, Map<String, String> environment, Duration bound) {
    try {
      // A file and not a pipe: a server that inherits a pipe keeps it open for as long as it lives.
      Path output = Files.createTempFile("millrace-command", ".out");
      try {
        ProcessBuilder builder = new ProcessBuilder(command);
        // What the user has set for some other PostgreSQL (PGDATA, PGPORT, …) is not for this one.
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("TZ", "UTC");
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true).redirectOutput(output.toFile());
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        Process process = builder.start();
        if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly();
          throw new ServerFailed(
              "%s did not end within %s s. It said: %s"
                  .formatted(command, bound.toSeconds(), Files.readString(output)));
        }
        return new Ended(process.exitValue(), Files.readString(output).strip());
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      throw new ServerFailed("cannot run " + command, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServerFailed("interrupted while running " + command, e);
    }
  }
}
