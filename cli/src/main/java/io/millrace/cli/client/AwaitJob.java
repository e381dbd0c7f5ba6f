package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Terminal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Waits for a job's end, and shows a watching person that it does. A server that goes away
 * meanwhile is looked for again for a while: the job is safe, and servers restart.
 */
final class AwaitJob {

  private static final Duration ABSENCE = Duration.ofSeconds(60);

  private final Server server;
  private final Terminal terminal;
  private final long start = System.nanoTime();
  private boolean shown;

  AwaitJob(Server server, Terminal terminal) {
    this.server = server;
    this.terminal = terminal;
  }

  /** The last answer: with the job's end, or with its state when the patience was over. */
  Answer within(String id, Duration patience) throws InterruptedException {
    try {
      return poll(id, patience);
    } finally {
      clear();
    }
  }

  private Answer poll(String id, Duration patience) throws InterruptedException {
    long seen = System.nanoTime();
    while (true) {
      Duration left = patience.minusNanos(System.nanoTime() - start);
      // Short waits where somebody watches: each brings the state to show.
      int longest = terminal.watched() ? 1 : Server.LONGEST_WAIT;
      int wait = Math.clamp((left.toMillis() + 999) / 1000, 0, longest);
      try {
        Answer answer = server.job(id, wait);
        if (!answer.isAway()) {
          seen = System.nanoTime();
          Job job = answer.isGood() ? Job.of(answer.body()) : null;
          if (job == null || job.isFinal() || wait == 0) {
            return answer;
          }
          show(job.status());
          continue;
        }
        if (isOver(seen, left)) {
          return answer;
        }
      } catch (Unreachable gone) {
        if (isOver(seen, left)) {
          throw gone;
        }
      }
      show("queued; Millrace is away");
      TimeUnit.MILLISECONDS.sleep(500);
    }
  }

  private static boolean isOver(long seen, Duration left) {
    return !left.isPositive() || System.nanoTime() - seen > ABSENCE.toNanos();
  }

  private void show(String status) {
    if (terminal.watched()) {
      Duration passed = Duration.ofNanos(System.nanoTime() - start);
      terminal.err().print("\r\033[K" + status + "… " + Job.seconds(passed));
      terminal.err().flush();
      shown = true;
    }
  }

  private void clear() {
    if (shown) {
      terminal.err().print("\r\033[K");
      terminal.err().flush();
    }
  }
}
