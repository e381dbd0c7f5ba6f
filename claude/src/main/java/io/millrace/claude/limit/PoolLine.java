package io.millrace.claude.limit;

import io.millrace.claude.limit.Draw.Decision;
import io.millrace.claude.limit.Draw.Drawn;
import io.millrace.claude.limit.Draw.Refused;
import io.millrace.claude.limit.Draw.Settled;
import io.millrace.claude.limit.Draw.Started;
import io.millrace.claude.limit.Draw.Told;
import io.millrace.claude.limit.Draw.Wish;
import io.millrace.claude.limit.Ticket.Granted;
import io.millrace.claude.limit.Ticket.TooLong;
import io.millrace.db.limit.Blocks;
import io.millrace.job.Lane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One worker's side of one pool: who waits here, what was granted and is under way, and what the
 * next draw has to tell. Thread-safe; times are local nanoseconds.
 */
final class PoolLine {
  static final long SPACING = Duration.ofMillis(50).toNanos();
  private static final long REPORT = Duration.ofMillis(250).toNanos();
  private static final long TRUSTED = Duration.ofSeconds(5).toNanos();
  private static final long IDLE = Duration.ofSeconds(2).toNanos();
  private static final long VALID = Duration.ofSeconds(2).toNanos();
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  // For the draw's way back and the mark that the call is sent, so that these make nobody late.
  private static final long LEAD = Duration.ofMillis(12).toNanos();
  private static final long BULK_FLOOR = Duration.ofSeconds(1).toNanos();
  private static final long EARLY = Duration.ofSeconds(1).toNanos();
  private static final int WISHES = 512;
  private static final int MICRO = 1_000;

  private final String pool;
  private final PoolLimits configured;
  private final Duration patience;
  private final Set<Ticket> waiting = new LinkedHashSet<>();
  private final Set<Permit> active = new LinkedHashSet<>();
  private Settled settled = Settled.NOTHING;
  private Started started = Started.NONE;
  private final List<Heard> refused = new ArrayList<>();
  private @Nullable Heard told;
  private boolean heard;
  private boolean proved;
  private @Nullable Drawn view;
  private long viewedAt;
  private long drawnAt;
  private long wantedAt;
  private long dueAt = Long.MAX_VALUE;

  /** What the provider said, and when. */
  private record Heard(@Nullable Told told, @Nullable Refused refused, long at, long began) {}

  /** A draw that is under way. */
  record Prepared(Draw draw, List<Ticket> tickets, long before) {}

  PoolLine(String pool, PoolLimits configured, Duration patience, long now) {
    this.pool = pool;
    this.configured = configured;
    this.patience = patience;
    this.drawnAt = now - SPACING;
  }

  String pool() {
    return pool;
  }

  /** What the last draw showed; null before the first. */
  synchronized @Nullable Drawn view() {
    return view;
  }

  synchronized int waiting() {
    return waiting.size();
  }

  /** When the next draw is due; {@link Long#MAX_VALUE} if nobody needs one. */
  synchronized long dueAt() {
    return dueAt;
  }

  /** Takes a place in line, or starts at once where nothing limits the pool. */
  synchronized Ticket ask(Wanted wanted, Runnable answered, long now, boolean letThrough) {
    var ticket = new Ticket(wanted, now, answered);
    wantedAt = now;
    if (letThrough || isOpen(now)) {
      var permit = new Permit(wanted, now, Long.MAX_VALUE, Long.MAX_VALUE, false, false, false);
      active.add(permit);
      started =
          new Started(
              started.calls() + 1,
              started.input() + wanted.input(),
              started.output() + wanted.output());
      ticket.answer(new Granted(permit));
      due(now + REPORT);
    } else {
      waiting.add(ticket);
      due(Math.max(now, drawnAt + SPACING));
    }
    return ticket;
  }

  /** Whether calls start without asking: nothing is limited, paused or blocked, as of lately. */
  private boolean isOpen(long now) {
    var seen = view;
    return seen != null
        && waiting.isEmpty()
        && now - viewedAt < TRUSTED
        && seen.paused() == null
        && seen.rate().heard()
        && seen.rate().isUnlimited()
        && seen.rate().blockedUntil() == 0
        && seen.rate().probesFrom() == 0
        && configured.equals(PoolLimits.UNLIMITED);
  }

  /** Whether a call would have to wait, as of the last draw. */
  synchronized boolean isShort() {
    var seen = view;
    return seen != null
        && (seen.paused() != null
            || seen.rate().blockedUntil() > 0
            || seen.rate().buckets().stream()
                .anyMatch(bucket -> bucket.limit() != null && bucket.deficit() > bucket.burst()));
  }

  /** Gives the place up; true if it was still held. */
  synchronized boolean leave(Ticket ticket) {
    return waiting.remove(ticket);
  }

  /** A grant is over: it used so much beyond what was reserved. */
  synchronized void settle(Permit permit, long requests, long input, long output) {
    if (!permit.end()) {
      return;
    }
    active.remove(permit);
    settled =
        settled.plus(
            new Settled((double) requests, (double) input, (double) output - permit.reported()));
  }

  /** A reply came. */
  synchronized void heard(@Nullable Told headers, boolean proves, long now) {
    heard = true;
    proved |= proves;
    if (headers != null) {
      told = new Heard(headers, null, now, now);
    }
  }

  /** What the last draw showed no longer holds: the next call has to ask. */
  synchronized void distrust(long now) {
    viewedAt = now - TRUSTED;
  }

  /** A 429 came for a call that began then. */
  synchronized void refused(Refused refusal, long began, long now) {
    heard = true;
    refused.add(new Heard(null, refusal, now, began));
    due(Math.max(now, drawnAt + SPACING / 5));
  }

  /** What the next draw brings; what is told by it is told. */
  synchronized Prepared prepare(long now) {
    List<Ticket> tickets = new ArrayList<>(waiting);
    tickets.sort(
        Comparator.<Ticket>comparingInt(ticket -> rank(ticket, now))
            .thenComparingLong(ticket -> ticket.wanted().turn()));
    if (tickets.size() > WISHES) {
      tickets = new ArrayList<>(tickets.subList(0, WISHES));
    }
    double produced = 0;
    double[] forecast = new double[Draw.HORIZONS.length];
    for (Permit permit : active) {
      produced += permit.producedSince(now);
      permit.forecast(now, forecast);
    }
    settled = settled.plus(new Settled(0, 0, produced));
    var draw =
        new Draw(
            configured,
            settled,
            told(now),
            refused.stream().map(event -> aged(event, now)).toList(),
            heard,
            proved,
            started,
            active.size(),
            forecast,
            counts(),
            tickets.stream().map(ticket -> wish(ticket, now)).toList());
    settled = Settled.NOTHING;
    started = Started.NONE;
    told = null;
    refused.clear();
    proved = false;
    drawnAt = now;
    return new Prepared(draw, tickets, now);
  }

  /** The draw did not come about: its news waits for the next one. */
  synchronized void failed(Prepared prepared) {
    var draw = prepared.draw();
    settled = settled.plus(draw.settled());
    started =
        new Started(
            started.calls() + draw.started().calls(),
            started.input() + draw.started().input(),
            started.output() + draw.started().output());
    proved |= draw.proved();
    for (Refused refusal : draw.refused()) {
      refused.add(
          new Heard(null, refusal, prepared.before(), prepared.before() - refusal.began() * MICRO));
    }
  }

  /** Hands out what the draw decided. */
  synchronized void drawn(Prepared prepared, Drawn drawn, long now) {
    view = drawn;
    viewedAt = now;
    long next = Long.MAX_VALUE;
    for (int i = 0; i < prepared.tickets().size(); i++) {
      var ticket = prepared.tickets().get(i);
      switch (drawn.decisions().get(i)) {
        case Decision.Start start -> grant(prepared, ticket, start);
        case Decision.Later later -> next = Math.min(next, later(ticket, later, drawn, now));
      }
    }
    dueAt = Long.MAX_VALUE;
    if (!waiting.isEmpty()) {
      due(now + Math.clamp(next - SPACING, SPACING, REPORT));
    } else if (!active.isEmpty() || !settled.equals(Settled.NOTHING) || now - wantedAt < IDLE) {
      due(now + REPORT);
    }
  }

  private void grant(Prepared prepared, Ticket ticket, Decision.Start start) {
    long startsAt = prepared.before() + start.delay() * MICRO + LEAD;
    var permit =
        new Permit(
            ticket.wanted(),
            startsAt,
            startsAt + tolerance(),
            startsAt + VALID,
            start.probe() && drawnByPause(),
            start.probe(),
            start.alone());
    if (waiting.remove(ticket)) {
      active.add(permit);
      ticket.answer(new Granted(permit));
    } else {
      // Whoever waited went away while the draw was under way.
      settled = settled.plus(new Settled(-1, (double) -ticket.wanted().input(), 0));
    }
  }

  // As late as half the burst that is allowed makes good again: others may be late as well.
  private long tolerance() {
    var seen = view;
    var requests = seen == null ? null : seen.rate().requests();
    return requests == null || requests.limit() == null
        ? VALID
        : Math.min(VALID, (long) (requests.burst() / 2 / requests.perSecond() * SECOND));
  }

  private boolean drawnByPause() {
    var seen = view;
    return seen != null && seen.paused() != null;
  }

  private long later(Ticket ticket, Decision.Later later, Drawn drawn, long now) {
    if (!waiting.contains(ticket)) {
      return Long.MAX_VALUE;
    }
    long wait = later.pause() * MICRO;
    boolean tooLong = now - ticket.since() + wait > patience.toNanos();
    boolean failing = tooLong && Blocks.CIRCUIT_OPEN.equals(drawn.rate().blockedBy());
    if (drawn.paused() != null || failing) {
      // The dispatcher keeps it, and may send it to a fallback.
      waiting.remove(ticket);
      ticket.answer(new TooLong(Duration.ZERO));
    } else if (tooLong && !later.first()) {
      waiting.remove(ticket);
      ticket.answer(new TooLong(Duration.ofNanos(Math.max(EARLY / 5, wait - EARLY))));
    }
    return wait;
  }

  private void due(long at) {
    dueAt = dueAt == Long.MAX_VALUE ? at : Math.min(dueAt, at);
  }

  private List<Integer> counts() {
    int[] counts = new int[Lane.values().length];
    waiting.forEach(ticket -> counts[ticket.wanted().lane().rank()]++);
    return List.of(counts[0], counts[1], counts[2]);
  }

  // Bulk keeps a floor: what the dispatcher let go of it is not passed by others for ever.
  private static int rank(Ticket ticket, long now) {
    var lane = ticket.wanted().lane();
    return lane == Lane.BULK && now - ticket.since() > BULK_FLOOR ? -1 : lane.rank();
  }

  private static Wish wish(Ticket ticket, long now) {
    var wanted = ticket.wanted();
    return new Wish(
        rank(ticket, now),
        (now - wanted.turn()) / MICRO,
        wanted.input(),
        wanted.output(),
        wanted.outputPerSecond());
  }

  private @Nullable Told told(long now) {
    var event = told;
    return event == null || event.told() == null
        ? null
        : new Told(event.told().buckets(), (now - event.at()) / MICRO);
  }

  private static Refused aged(Heard event, long now) {
    var refusal = Objects.requireNonNull(event.refused());
    return new Refused(
        refusal.dimension(),
        refusal.ramp(),
        Math.max(0, refusal.away() - (now - event.at()) / MICRO),
        (now - event.began()) / MICRO);
  }
}
