package io.millrace.cli.bulk;

import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Somebody with a directory who calls {@code bulk run}, and stops it now and then. */
final class Desk {

  static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");

  private static final Pace QUICK =
      new Pace(
          Duration.ofMillis(1),
          Duration.ofMillis(1),
          Duration.ofMillis(1),
          Duration.ofMillis(1),
          Duration.ofSeconds(20),
          Duration.ofMillis(1));

  private final Path directory;
  private final String url;
  private String input = "";
  private boolean watched;
  private Instant now = NOW;

  /** How a run ended. */
  record Ended(int exit, String out, String err) {}

  Desk(Path directory, String url) {
    this.directory = directory;
    this.url = url;
  }

  Desk typing(String text) {
    input = text;
    return this;
  }

  Desk watched() {
    watched = true;
    return this;
  }

  Desk later(Duration by) {
    now = now.plus(by);
    return this;
  }

  Path file(String name) {
    return directory.resolve(name);
  }

  Path write(String name, String content) throws IOException {
    return Files.writeString(file(name), content);
  }

  /** The custom_ids in the results, in their order. */
  List<String> answered() throws IOException {
    return Files.readAllLines(file("r.jsonl")).stream()
        .map(line -> line.getBytes(StandardCharsets.UTF_8))
        .map(line -> Objects.requireNonNull(ResultLine.of(line, line.length)).customId())
        .toList();
  }

  /** Runs {@code bulk run} from {@code input} to {@code r.jsonl}. */
  Ended run(String inputName, String... options) {
    return run(null, inputName, options);
  }

  /** The same; {@code stopping} is told how to stop it. */
  Ended run(@Nullable Stopping stopping, String inputName, String... options) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var terminal =
        new Terminal(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            watched,
            Map.of("MILLRACE_URL", url));
    var words = new java.util.ArrayList<String>();
    words.add(inputName.equals("-") ? "-" : file(inputName).toString());
    words.addAll(List.of("-o", file("r.jsonl").toString()));
    words.addAll(List.of(options));
    int exit;
    try {
      var parsed = RunOptions.parse(words);
      var stop = new Stop();
      if (stopping != null) {
        stopping.with(stop);
      }
      var command = new RunCommand(terminal, QUICK, Clock.fixed(now, ZoneOffset.UTC));
      Path output = parsed.output();
      exit = output == null ? command.run(words) : command.run(parsed, output, stop);
    } catch (Misused misused) {
      exit = 2;
      terminal.err().println("millrace: " + misused.getMessage());
    } catch (IOException | InterruptedException unexpected) {
      throw new AssertionError(err.toString(StandardCharsets.UTF_8), unexpected);
    } finally {
      // A stop that came too late is over.
      Thread.interrupted();
    }
    return new Ended(
        exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Stops a run when it wants to. */
  interface Stopping {
    void with(Stop stop);
  }
}
