package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process of its own, as a person runs it. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class UpIT {

  private static final Duration START = Duration.ofMinutes(3);

  @TempDir private Path directory;
  private final List<Process> started = new ArrayList<>();

  private record Ended(int exit, String out, String err) {}

  @AfterEach
  void stop() throws InterruptedException {
    for (Process process : started) {
      process.destroy();
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    }
  }

  @Test
  void jobsOutliveAKilledProcessAndAnOrphanedPostgres() throws Exception {
    int port = freePort();
    Process first = up(port);
    Ended answer = client(port, "submit", "Hello, \"Wörld\"");
    assertThat(answer.exit()).as(answer.err()).isZero();
    assertThat(answer.out()).contains("Hello, \"Wörld\"");
    String id = answer.err().replaceAll("(?s).*(job_\\w+).*", "$1");

    first.destroyForcibly().waitFor();
    assertThat(client(port, "get", id).exit()).isEqualTo(3);
    up(port);

    Ended found = client(port, "get", id);
    assertThat(found.exit()).as(found.err()).isZero();
    assertThat(found.out()).isEqualTo(answer.out());
    assertThat(client(port, "submit", "Again").exit()).isZero();
  }

  @Test
  void aBusyPortAndAUsedDirectoryAreToldBeforeAnythingStarts() throws Exception {
    int port = freePort();
    up(port);

    Ended samePort = run(port, "up", "--port", "" + port, "--data", "" + directory.resolve("x"));
    assertThat(samePort.exit()).isEqualTo(1);
    assertThat(samePort.err()).contains("Port " + port + " is in use", "--port");
    assertThat(directory.resolve("x")).doesNotExist();

    Ended sameData = run(port, "up", "--port", "" + freePort(), "--data", "" + data());
    assertThat(sameData.exit()).isEqualTo(1);
    assertThat(sameData.err())
        .contains("millrace: The data directory", "in use by another Millrace")
        .doesNotContain("\tat ");
    assertThat(client(port, "submit", "Still there?").exit()).isZero();
  }

  @Test
  void aSettingThatIsNotValidEndsTheStartWithOneSentence() throws Exception {
    int port = freePort();

    Ended ended =
        run(port, "up", "--port", "" + port, "--data", "" + data(), "--millrace.lease=soon");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err())
        .contains("millrace: millrace.lease is not valid")
        .doesNotContain("\tat ");
  }

  private Path data() {
    return directory.resolve("data");
  }

  private Process up(int port) throws Exception {
    Path out = directory.resolve("up-%d.out".formatted(started.size()));
    Process process =
        command(port, List.of("up", "--port", "" + port, "--data", "" + data()))
            .redirectOutput(out.toFile())
            .redirectError(directory.resolve("up.err").toFile())
            .start();
    started.add(process);
    long giveUp = System.nanoTime() + START.toNanos();
    while (!Files.readString(out).contains("Ready after")) {
      assertThat(System.nanoTime()).as(Files.readString(out)).isLessThan(giveUp);
      assertThat(process.waitFor(100, TimeUnit.MILLISECONDS))
          .as(Files.readString(directory.resolve("up.err")))
          .isFalse();
    }
    assertThat(Files.readString(out)).contains("the built-in simulator", "nothing is billed");
    return process;
  }

  private Ended client(int port, String... arguments) throws Exception {
    return run(port, arguments);
  }

  private Ended run(int port, String... arguments) throws Exception {
    Path err = Files.createTempFile(directory, "run", ".err");
    Process process = command(port, List.of(arguments)).redirectError(err.toFile()).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), out, Files.readString(err));
  }

  private static ProcessBuilder command(int port, List<String> arguments) {
    List<String> command =
        Stream.concat(
                Stream.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx1g",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Dstdout.encoding=UTF-8",
                    "-Dstderr.encoding=UTF-8",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Main.class.getName()),
                arguments.stream())
            .toList();
    var builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.matches("(ANTHROPIC|MILLRACE|SPRING)_.*"));
    environment.put("MILLRACE_URL", "http://127.0.0.1:" + port);
    environment.put("LC_ALL", "C.UTF-8");
    return builder;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
