package io.millrace.cli.bulk;

import io.millrace.cli.client.Server;
import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.client.Server.Reader;
import io.millrace.cli.client.ShowJob;
import io.millrace.cli.client.Unreachable;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the server, repeated with growing pauses while it is away: servers restart. All of them
 * may be made twice without harm.
 */
final class Calls {

  private static final Set<Integer> TRANSIENT = Set.of(408, 429, 500, 502, 503, 504, 529);

  private final Server server;
  private final Stop stop;
  private final Pace pace;
  private final Display display;
  private boolean connected;
  private long heard = System.nanoTime();

  Calls(Server server, Stop stop, Pace pace, Display display) {
    this.server = server;
    this.stop = stop;
    this.pace = pace;
    this.display = display;
  }

  private interface Call {
    @Nullable Answer make() throws IOException, InterruptedException;
  }

  Answer get(String path) throws IOException, InterruptedException {
    return good(until(() -> server.get(path)));
  }

  Answer post(String path) throws IOException, InterruptedException {
    return good(until(() -> server.post(path, new byte[0])));
  }

  Answer upload(String path, Path lines, String key) throws IOException, InterruptedException {
    return good(until(() -> server.upload(path, lines, key)));
  }

  /** Gives what is there to {@code reader}; after a break from the path that is then supplied. */
  void stream(Supplier<String> path, Reader reader) throws IOException, InterruptedException {
    Answer refusal = until(() -> server.stream(path.get(), reader));
    if (refusal != null) {
      throw new Refused("", refusal);
    }
  }

  /** Something came: patience begins anew. */
  void heard() {
    heard = System.nanoTime();
  }

  private static Answer good(@Nullable Answer answer) {
    if (answer == null || !answer.isGood()) {
      throw new Refused("", java.util.Objects.requireNonNull(answer));
    }
    return answer;
  }

  private @Nullable Answer until(Call call) throws IOException, InterruptedException {
    heard();
    boolean noted = false;
    Duration pause = pace.again();
    while (true) {
      stop.check();
      Duration wanted = null;
      String why;
      try {
        Answer answer = call.make();
        connected = true;
        if (answer == null || !TRANSIENT.contains(answer.status()) || isOver()) {
          if (noted) {
            display.note("Millrace is there again.");
          }
          return answer;
        }
        wanted = answer.retryAfter();
        why = ShowJob.message(answer);
      } catch (Unreachable gone) {
        stop.check();
        if (isOver() || (!connected && gone.getCause() instanceof ConnectException)) {
          throw gone;
        }
        why = String.valueOf(gone.getMessage());
      }
      if (!noted) {
        display.note("Millrace cannot serve at the moment; trying again. " + why);
        noted = true;
      }
      stop.pause(wanted == null || wanted.compareTo(pause) < 0 ? pause : wanted);
      pause = shorter(pause.multipliedBy(2), pace.longestAgain());
    }
  }

  private boolean isOver() {
    return System.nanoTime() - heard > pace.absence().toNanos();
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  String address() {
    return server.address().toString();
  }
}
