package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Terminal;
import java.util.Map;

/** Tells of a job or of what went wrong, and knows the exit code for it. */
public record ShowJob(Terminal terminal, boolean json) {

  /** The answer on standard output, what it cost beside it. */
  int ended(Job job) {
    if (json) {
      print(job.json());
    } else if (job.hasSucceeded()) {
      terminal.out().println(job.text());
      terminal.out().flush();
      if (!job.otherContent().isEmpty()) {
        say(
            "The answer also holds %s; see it with --json."
                .formatted(String.join(", ", job.otherContent())));
      }
      if ("max_tokens".equals(job.stopReason())) {
        say("The answer was cut off at max_tokens.");
      }
      say(job.bill());
    } else {
      say("millrace: " + job.failure());
      say(job.bill());
    }
    return job.hasSucceeded() ? Exit.SUCCEEDED : Exit.FAILED;
  }

  /** A job that is not over, of which somebody wanted to know the end. */
  int unfinished(Job job) {
    if (json) {
      print(job.json());
    }
    say(
        "%s is %s%s. Ask again: ./millrace get %s --wait 60"
            .formatted(job.id(), job.status(), why(job), job.id()));
    return Exit.NOT_FINISHED;
  }

  private static String why(Job job) {
    String reason = job.waitingFor();
    if (reason == null) {
      return "";
    }
    if (reason.equals("paused")) {
      return " (paused)";
    }
    String start = job.expectedStart();
    return " (waiting for %s%s)"
        .formatted(reason, start == null ? "" : ", expected to start at " + start);
  }

  /** A refusal, in the server's words. */
  public int refused(Answer answer) {
    if (answer.isAway()) {
      say("millrace: Millrace cannot serve at the moment: " + message(answer));
      return Exit.UNREACHABLE;
    }
    if (answer.status() == 401) {
      say("millrace: " + message(answer) + ". MILLRACE_API_KEY names it.");
      return Exit.FAILED;
    }
    say("millrace: " + message(answer));
    return Exit.FAILED;
  }

  public int unreachable(Unreachable unreachable) {
    say("millrace: " + unreachable.getMessage());
    return Exit.UNREACHABLE;
  }

  /** A line on standard output. */
  public void print(byte[] line) {
    terminal.out().write(line, 0, line.length);
    terminal.out().println();
    terminal.out().flush();
  }

  /** A line beside it. */
  public void say(String line) {
    terminal.err().println(line);
  }

  /** Why it refused, in its words. */
  public static String message(Answer answer) {
    return Json.readOrNull(answer.body()) instanceof Map<?, ?> body
            && body.get("error") instanceof Map<?, ?> error
            && error.get("message") instanceof String message
        ? message
        : "the answer was HTTP " + answer.status() + ", and not one of Millrace's";
  }
}
