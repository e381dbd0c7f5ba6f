package io.millrace.api.live;

import io.millrace.api.live.LiveStream.Ending;
import io.millrace.api.patience.Patience;
import io.millrace.api.patience.Turnstile;
import io.millrace.api.problem.Refused;
import io.millrace.db.job.JobChanges;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Streams a tenant's events: what was missed since a place, then what happens, until cut. */
final class StreamTenant {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final LiveStreams streams;
  private final JobChanges changes;
  private final Turnstile turnstile;
  private final StreamMeters meters;
  private final Duration keepAlive;

  StreamTenant(
      LiveStreams streams,
      JobChanges changes,
      Turnstile turnstile,
      StreamMeters meters,
      Duration keepAlive) {
    this.streams = streams;
    this.changes = changes;
    this.turnstile = turnstile;
    this.meters = meters;
    this.keepAlive = keepAlive;
  }

  void run(
      int tenantId,
      Predicate<LiveEvent> wanted,
      @Nullable Cursor cursor,
      HttpServletResponse response,
      Life life)
      throws IOException, InterruptedException {
    if (cursor == null) {
      try (var following = new Open(tenantId, wanted)) {
        following.awaitReady();
        String start = Cursor.before(following.tenant().seenTo()).toString();
        live(following, EventOutput.begin(response, meters, start), null, life);
      }
      return;
    }
    var history = new History(changes, turnstile, tenantId, cursor);
    // Before the head is out, so that a store that is away is a 503.
    var page = history.next();
    var output = EventOutput.begin(response, meters, cursor.toString());
    // What happens meanwhile need not wait in memory: it is in the pages to come.
    while (!page.last()) {
      if (send(page.events(), wanted, output, life)) {
        return;
      }
      page = history.next();
    }
    if (send(page.events(), wanted, output, life)) {
      return;
    }
    try (var following = new Open(tenantId, wanted)) {
      following.awaitReady();
      history.rewind();
      do {
        page = history.next();
        if (send(page.events(), wanted, output, life)) {
          return;
        }
      } while (!page.last());
      live(following, output, history, life);
    }
  }

  private boolean send(
      List<LiveEvent> events, Predicate<LiveEvent> wanted, EventOutput output, Life life)
      throws IOException {
    output.send(events.stream().filter(wanted).toList());
    Ending ending = streams.isClosed() ? Ending.SHUTDOWN : life.over();
    if (ending != null) {
      output.end(ending);
    }
    return ending != null;
  }

  private void live(Open open, EventOutput output, @Nullable History history, Life life)
      throws IOException, InterruptedException {
    while (true) {
      // Read before the wait: what was told by then came before, or was waiting.
      String cursor = Cursor.before(open.tenant().seenTo()).toString();
      List<LiveEvent> events = open.stream().next(keepAlive);
      Ending over = life.over();
      if (over != null) {
        open.stream().end(over);
      }
      Ending ending = open.stream().ending();
      if (ending != null) {
        output.end(ending);
        return;
      }
      if (events.isEmpty()) {
        output.keepAlive(cursor);
      } else {
        output.send(history == null ? events : events.stream().filter(history::isNews).toList());
      }
    }
  }

  private final class Open implements AutoCloseable {

    private final int tenantId;
    private final LiveStreams.Following following;

    private Open(int tenantId, Predicate<LiveEvent> wanted) {
      this.tenantId = tenantId;
      this.following = streams.follow(tenantId, wanted);
    }

    FollowedTenant tenant() {
      return following.tenant();
    }

    LiveStream stream() {
      return following.stream();
    }

    void awaitReady() throws InterruptedException {
      try {
        tenant().ready.get(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException | ExecutionException silent) {
        throw new Refused(Patience.storeSilent());
      }
    }

    @Override
    public void close() {
      streams.leave(tenantId, following.stream());
    }
  }
}
