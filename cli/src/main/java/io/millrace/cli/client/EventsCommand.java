package io.millrace.cli.client;

import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.client.ServerEvents.Event;
import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code millrace events}: follows what becomes of a job to its end, or of all jobs until it is
 * stopped. A connection that breaks is taken up again where it was.
 */
public final class EventsCommand {

  /** How long one goes on asking a server from which nothing comes. */
  private static final Duration ABSENCE = Duration.ofSeconds(60);

  private static final long PAUSE_MILLIS = 1_000;

  private final Terminal terminal;
  private @Nullable String ended;

  public EventsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the command and returns its exit code. */
  public int run(List<String> words) throws InterruptedException {
    Set<String> valued = new HashSet<>(FilterOptions.OPTIONS);
    valued.addAll(Set.of("--types", "--last-event-id"));
    var arguments = Arguments.parse(words, Understood.of(valued, Set.of("--json")));
    List<String> ids = JobIds.of(arguments);
    if (ids.size() > 1) {
      throw new Misused("Give one job's id, or none: ./millrace events job_…");
    }
    String job = ids.isEmpty() ? null : ids.getFirst();
    List<String> filter = FilterOptions.parameters(arguments);
    if (arguments.has("--types")) {
      filter.add("types=" + encoded(arguments.value("--types", "")));
    }
    if (job != null && !filter.isEmpty()) {
      throw new Misused("Give an id or a filter, not both.");
    }
    var show = new ShowJob(terminal, arguments.has("--json"));
    var events =
        new ServerEvents(
            arguments.value("--last-event-id"), event -> print(event, job != null, show));
    try (var server = Server.of(terminal)) {
      return follow(server, job, filter, events, show);
    } catch (Unreachable unreachable) {
      return show.unreachable(unreachable);
    }
  }

  private int follow(
      Server server, @Nullable String job, List<String> filter, ServerEvents events, ShowJob show)
      throws InterruptedException {
    boolean connected = false;
    while (true) {
      try {
        Answer refusal = server.stream(path(job, filter, events.lastId()), events::read);
        if (ended != null || (refusal != null && refusal.status() == 204)) {
          return ended == null || ended.equals("job.succeeded") ? Exit.SUCCEEDED : Exit.FAILED;
        }
        connected |= refusal == null;
        if (refusal != null && !(connected && refusal.isAway() && !isOver(events))) {
          return show.refused(refusal);
        }
      } catch (Unreachable broken) {
        connected |= events.lastId() != null && !isOver(events);
        if (!connected || isOver(events)) {
          throw broken;
        }
      }
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
  }

  private static boolean isOver(ServerEvents events) {
    return System.nanoTime() - events.heard() > ABSENCE.toNanos();
  }

  private static String path(@Nullable String job, List<String> filter, @Nullable String lastId) {
    List<String> query = new ArrayList<>(filter);
    if (lastId != null) {
      query.add("last_event_id=" + encoded(lastId));
    }
    return (job == null ? "/v1/events" : "/v1/jobs/" + job + "/events")
        + (query.isEmpty() ? "" : "?" + String.join("&", query));
  }

  private void print(Event event, boolean ofOneJob, ShowJob show) {
    if (!event.type().startsWith("job.")) {
      return;
    }
    if (ofOneJob && !Set.of("job.queued", "job.running").contains(event.type())) {
      ended = event.type();
    }
    if (show.json()) {
      show.print(Json.utf8(event.data()));
      return;
    }
    if (Json.readOrNull(Json.utf8(event.data())) instanceof Map<?, ?> job) {
      Object code = Table.at(job, "failure", "code");
      Object customId = job.get("custom_id");
      terminal
          .out()
          .println(
              "%s %s %s%s%s"
                  .formatted(
                      Table.time(
                          job.get("finished_at") == null
                              ? job.get("created_at")
                              : job.get("finished_at")),
                      job.get("id"),
                      job.get("status"),
                      code == null ? "" : " " + code,
                      customId == null ? "" : " " + customId));
      terminal.out().flush();
    }
  }

  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }
}
