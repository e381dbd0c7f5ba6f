package io.millrace.cli.bulk;

import io.millrace.cli.client.Server;
import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.client.ShowJob;
import io.millrace.cli.client.Unreachable;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code millrace bulk results}: brings the results of one batch. A file that is there already is
 * gone on with behind its last whole line.
 */
final class BatchResultsCommand {

  private final Terminal terminal;
  private final Pace pace;

  BatchResultsCommand(Terminal terminal, Pace pace) {
    this.terminal = terminal;
    this.pace = pace;
  }

  /** Runs the command and returns its exit code. */
  int run(List<String> words) throws IOException, InterruptedException {
    var arguments =
        Arguments.parse(words, Understood.of(Set.of("-o", "--output"), Set.of("--partial")));
    List<String> ids = BatchIds.atLeastOne(arguments, "results");
    if (ids.size() > 1) {
      throw new Misused("One batch at a time: its results go to a file of their own.");
    }
    String file = arguments.value(arguments.has("-o") ? "-o" : "--output");
    var show = new ShowJob(terminal, false);
    Display display = new Display(terminal, Display.Kind.LINES, pace);
    try (var server = Server.of(terminal)) {
      var calls = new Calls(server, Stop.atSignals(), pace, display);
      return fetch(ids.getFirst(), file, arguments.has("--partial"), calls);
    } catch (Refused refused) {
      return show.refused(refused.answer());
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
  }

  private int fetch(String id, @Nullable String file, boolean partial, Calls calls)
      throws IOException, InterruptedException {
    String path = "/v1/messages/batches/" + id;
    Answer answer = calls.get(path);
    Batch batch = Batch.of(answer.body());
    if (batch == null) {
      throw new Refused("", answer);
    }
    if (!batch.hasEnded() && !partial) {
      terminal
          .err()
          .println(
              Standing.format(
                  "%s has not ended: %,d of %,d are done. --partial brings these.",
                  id, batch.tally().ended(), batch.items()));
      return Exit.NOT_FINISHED;
    }
    if (file == null) {
      copy(path, calls);
    } else {
      append(path, Path.of(file), calls);
    }
    return batch.hasEnded() ? Exit.SUCCEEDED : Exit.NOT_FINISHED;
  }

  private void copy(String path, Calls calls) throws IOException, InterruptedException {
    OutputStream out = terminal.out();
    var seen = new IdSet();
    String[] cursor = {null};
    calls.stream(
        () -> results(path, cursor[0]),
        stream ->
            Lines.each(
                stream,
                line -> {
                  ResultLine result = read(line);
                  if (seen.add(result.customId(), 1) == 0) {
                    out.write(line);
                  }
                  cursor[0] = result.cursor();
                  calls.heard();
                }));
    out.flush();
  }

  private void append(String path, Path file, Calls calls)
      throws IOException, InterruptedException {
    try (var output = Output.open(file)) {
      int before = output.lines();
      if (before > 0) {
        terminal.err().println(Standing.format("Going on in %s behind %,d results.", file, before));
      }
      calls.stream(
          () -> results(path, output.lastCursor()),
          stream ->
              Lines.each(
                  stream,
                  line -> {
                    output.take(line, read(line));
                    calls.heard();
                  }));
      output.sync();
      terminal.err().println(Standing.format("%,d results", output.lines() - before));
    }
  }

  private static ResultLine read(byte[] line) throws IOException {
    ResultLine result = ResultLine.of(line, line.length);
    if (result == null) {
      throw new IOException("it was broken off by the server");
    }
    return result;
  }

  private static String results(String path, @Nullable String cursor) {
    return path + "/results?partial=true" + (cursor == null ? "" : "&after=" + cursor);
  }
}
