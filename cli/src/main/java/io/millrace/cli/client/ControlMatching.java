package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cancels or replays all jobs of a filter: counts them first where nobody has said yes yet, and
 * then asks again until the server has come to the end.
 */
final class ControlMatching {

  private final Server server;
  private final Terminal terminal;
  private final ShowJob show;
  private final ControlVerb verb;

  /** What the server has done so far. */
  private record Tally(long done, long other) {

    long sum() {
      return done + other;
    }
  }

  /** The server would not go on. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Answer answer;

    Refused(Answer answer) {
      super(null, null, false, false);
      this.answer = answer;
    }
  }

  ControlMatching(Server server, Terminal terminal, ShowJob show, ControlVerb verb) {
    this.server = server;
    this.terminal = terminal;
    this.show = show;
    this.verb = verb;
  }

  int run(List<String> fields, boolean yes, boolean dryRun) throws InterruptedException {
    if (!yes && !dryRun && !terminal.watched()) {
      throw new Misused("Nobody is there to confirm it: add --yes, or --dry-run to count only.");
    }
    try {
      if (dryRun) {
        tell(all(fields, true), true);
        return Exit.SUCCEEDED;
      }
      if (!yes) {
        long jobs = all(fields, true).sum();
        if (jobs == 0) {
          show.say("No job matches.");
          return Exit.SUCCEEDED;
        }
        if (!confirmed(jobs)) {
          show.say("Nothing was done.");
          return Exit.FAILED;
        }
      }
      tell(all(fields, false), false);
      return Exit.SUCCEEDED;
    } catch (Refused refused) {
      return show.refused(refused.answer);
    }
  }

  private Tally all(List<String> fields, boolean dryRun) throws InterruptedException {
    var tally = new Tally(0, 0);
    String last = null;
    do {
      Map<?, ?> part = next(fields, dryRun, last);
      tally =
          new Tally(
              tally.done() + number(part, verb.done()), tally.other() + number(part, verb.other()));
      last = part.get("last_id") instanceof String id ? id : null;
      progress(tally, dryRun, last == null);
    } while (last != null);
    return tally;
  }

  private Map<?, ?> next(List<String> fields, boolean dryRun, @Nullable String last)
      throws InterruptedException {
    List<String> all = new ArrayList<>(fields);
    if (dryRun) {
      all.add("\"dry_run\":true");
    }
    if (last != null) {
      all.add("\"after_id\":" + ControlCommand.quoted(last));
    }
    Answer answer = server.post("/v1/jobs/" + verb.word(), ControlCommand.body(all));
    if (answer.isGood() && Json.readOrNull(answer.body()) instanceof Map<?, ?> part) {
      return part;
    }
    throw new Refused(answer);
  }

  private static long number(Map<?, ?> part, String name) {
    return part.get(name) instanceof BigDecimal number ? number.longValue() : 0;
  }

  private void progress(Tally tally, boolean dryRun, boolean over) {
    if (terminal.watched()) {
      String line = over ? "" : "%,d %s…".formatted(tally.sum(), dryRun ? "counted" : verb.done());
      terminal.err().print("\r\033[K" + line);
      terminal.err().flush();
    }
  }

  private boolean confirmed(long jobs) {
    String word = verb.word();
    terminal
        .err()
        .print(
            "%s %,d %s? [y/N] "
                .formatted(
                    word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1),
                    jobs,
                    jobs == 1 ? "job" : "jobs"));
    terminal.err().flush();
    try {
      String line =
          new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8))
              .readLine();
      return line != null && line.strip().toLowerCase(Locale.ROOT).matches("y|yes");
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private void tell(Tally tally, boolean dryRun) {
    if (show.json()) {
      show.print(
          Json.utf8(
              "{\"type\":\"%s\",\"dry_run\":%s,\"%s\":%d,\"%s\":%d}"
                  .formatted(
                      verb == ControlVerb.CANCEL ? "job_cancellation" : "job_replay",
                      dryRun,
                      verb.done(),
                      tally.done(),
                      verb.other(),
                      tally.other())));
      return;
    }
    String other = tally.other() == 0 ? "" : "; %,d %s".formatted(tally.other(), verb.otherSaid());
    String would = dryRun ? "would be " : "";
    terminal.out().println("%,d %s%s%s".formatted(tally.done(), would, verb.done(), other));
  }
}
