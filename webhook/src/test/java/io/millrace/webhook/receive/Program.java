package io.millrace.webhook.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The guide's programs, each run by what the machine has for it. */
enum Program {
  JAVA("ReceiveWebhooks.java", true) {
    @Override
    List<String> command(Path scratch) {
      return List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(), file().toString());
    }
  },
  PYTHON("receive_webhooks.py", false) {
    @Override
    List<String> command(Path scratch) {
      return List.of(found("python3"), file().toString());
    }
  },
  NODE("receive-webhooks.mts", true) {
    @Override
    List<String> command(Path scratch) throws IOException {
      String node = found("node");
      int version = version(node);
      assumeTrue(version >= 2000, "node is older than 20 here: " + file() + " was not run");
      return List.of(node, (version >= 2218 ? file() : withoutTypes(scratch)).toString());
    }

    // What tsc would make of it: nodes before 22.18 run no TypeScript.
    private Path withoutTypes(Path scratch) throws IOException {
      String script =
          Files.readString(file())
              .replaceAll("(?m)^import type .*$", "")
              .replaceAll(": (string|Buffer|IncomingMessage|boolean)(\\[])?(?=[,)]| [={])", "")
              .replaceAll(" as [A-Z][\\w.]+", "");
      return Files.writeString(scratch.resolve("receive-webhooks.mjs"), script);
    }
  };

  private static final Path DIRECTORY = directory();

  private final String name;
  private final boolean knowsEd25519;

  Program(String name, boolean knowsEd25519) {
    this.name = name;
    this.knowsEd25519 = knowsEd25519;
  }

  /** How to run it; skips the test, and says so, where the machine has nothing to run it by. */
  abstract List<String> command(Path scratch) throws IOException;

  boolean knowsEd25519() {
    return knowsEd25519;
  }

  Path file() {
    return DIRECTORY.resolve(name);
  }

  /** A file of the guide. */
  static Path file(String name) {
    return DIRECTORY.resolve(name);
  }

  /** The path of a command; skips the test, and says so, where there is none. */
  static String found(String command) {
    Optional<Path> path =
        Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
            .map(directory -> Path.of(directory, command))
            .filter(Files::isExecutable)
            .findFirst();
    assumeTrue(path.isPresent(), "there is no " + command + " here: its code was not run");
    return path.orElseThrow().toString();
  }

  private static int version(String node) throws IOException {
    Process process = new ProcessBuilder(node, "--version").start();
    try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
      var version = Pattern.compile("v(\\d+)\\.(\\d+)\\..*").matcher(said.readLine());
      assertThat(version.matches()).isTrue();
      return Integer.parseInt(version.group(1)) * 100 + Integer.parseInt(version.group(2));
    }
  }

  private static Path directory() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("docs"))) {
      directory = directory.getParent();
    }
    return directory.resolve("docs").resolve("receiving");
  }
}
