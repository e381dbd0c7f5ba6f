package io.millrace.claude.limit;

import io.millrace.claude.limit.Draw.Decision;
import io.millrace.claude.limit.Draw.Wish;
import io.millrace.db.limit.RatePools.Opened;
import io.millrace.db.limit.WorkerShare;
import io.millrace.db.limit.WorkerShare.Place;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * Whose turn it is, once the buckets are reckoned. All workers' waiting jobs form one line; those
 * of the drawing worker start while the buckets allow it after all that is before them in line.
 */
final class Turns {
  private static final double MICROS = 1e6;
  // A draw is at most so long after the one before while somebody waits, doubled for slow machines.
  private static final long LOOK_AHEAD = 100_000;
  private static final double OUTPUT_ROOM = 0.9;
  private static final int FIRST_CALLS = 16;
  // Who waits draws four times a second at least; who does not is slow or dead, and is passed.
  private static final long ATTENTIVE = 500_000;
  private static final double[] NOTHING = new double[Draw.HORIZONS.length];
  private static final long UNKNOWN_WAIT = 250_000;

  private final Opened opened;
  private final Draw draw;
  private final long now;
  private final Level requests;
  private final Level input;
  private final Level output;
  private final Block block;
  private final long unheardSince;
  private final double[] forecast = new double[Draw.HORIZONS.length];
  private final double[] outputAhead = new double[Draw.HORIZONS.length];
  private final double[] mine;
  private int calls;
  private int started;
  private double requestsAhead;
  private double inputAhead;

  /**
   * Turns of one draw.
   *
   * @param levels requests, input tokens, output tokens, which starts are charged to
   * @param unheardSince when the first call was made while no reply has come; 0 if one has
   */
  Turns(Opened opened, Draw draw, List<Level> levels, Block block, long unheardSince, long now) {
    this.opened = opened;
    this.draw = draw;
    this.now = now;
    this.requests = levels.get(0);
    this.input = levels.get(1);
    this.output = levels.get(2);
    this.block = block;
    this.unheardSince = unheardSince;
    this.mine = draw.forecast().clone();
    this.calls = draw.calls();
    for (WorkerShare other : opened.others()) {
      calls += other.calls();
      for (int i = 0; i < forecast.length; i++) {
        forecast[i] += other.forecast().get(i);
      }
    }
    for (int i = 0; i < forecast.length; i++) {
      forecast[i] += mine[i];
    }
  }

  /** Calls that were let go. */
  int started() {
    return started;
  }

  /** What the drawing worker's calls, the new ones among them, are expected to produce. */
  double[] forecast() {
    return mine.clone();
  }

  /** Decides each wish, in their order. */
  List<Decision> decide() {
    var pause = opened.pause();
    List<Ahead> ahead = ahead();
    List<Decision> decisions = new ArrayList<>(draw.wishes().size());
    boolean stopped = false;
    int next = 0;
    boolean anyAhead = false;
    for (Wish wish : draw.wishes()) {
      for (; next < ahead.size() && ahead.get(next).place().isBefore(place(wish)); next++) {
        reserve(ahead.get(next).wish());
        anyAhead = true;
      }
      Decision decision;
      if (pause != null) {
        decision =
            pause.probeDue() && decisions.isEmpty()
                ? new Decision.Start(0, true, false)
                : new Decision.Later(UNKNOWN_WAIT, false, "paused");
      } else {
        decision = decide(wish, stopped || anyAhead);
      }
      switch (decision) {
        case Decision.Start _ -> start(wish);
        case Decision.Later _ -> {
          stopped = true;
          reserve(wish);
        }
      }
      decisions.add(decision);
    }
    return decisions;
  }

  private Decision decide(Wish wish, boolean behind) {
    if (block.until() > now) {
      return new Decision.Later(
          block.until() - now, !behind, Objects.requireNonNullElse(block.by(), Block.PROBE));
    }
    Integer concurrent = draw.configured().concurrentCalls();
    if (calls >= Math.min(concurrent == null ? Integer.MAX_VALUE : concurrent, whileUnheard())) {
      return new Decision.Later(UNKNOWN_WAIT, !behind, "concurrent_calls");
    }
    double byRequests = requests.secondsUntil(1, requestsAhead);
    double byInput = input.secondsUntil((double) wish.input(), inputAhead);
    double byOutput = outputWait(wish, outputAhead);
    double seconds = Math.max(byRequests, Math.max(byInput, byOutput));
    long wait = (long) Math.ceil(seconds * MICROS);
    if (wait <= LOOK_AHEAD) {
      // Those before it find room within the same stretch. It takes the first moment and leaves
      // the next to them: a gap would be lost, since the buckets know amounts and no moments.
      long delay = alone(wish) + (long) (input.margin((double) wish.input()) * MICROS);
      return new Decision.Start(
          delay, block.probe(now + delay), input.isAlone((double) wish.input()));
    }
    return new Decision.Later(
        wait,
        !behind,
        seconds == byRequests ? "requests" : seconds == byInput ? "input_tokens" : "output_tokens");
  }

  /** Microseconds until it could start if nobody were before it. */
  private long alone(Wish wish) {
    double seconds =
        Math.max(
            requests.secondsUntil(1, 0),
            Math.max(input.secondsUntil((double) wish.input(), 0), outputWait(wish, NOTHING)));
    return (long) Math.ceil(seconds * MICROS);
  }

  // An account of which no reply has told anything is tried with a few calls, then with more.
  private long whileUnheard() {
    boolean known = requests.isLimited() && input.isLimited() && output.isLimited();
    if (unheardSince == 0 || known) {
      return Long.MAX_VALUE;
    }
    double seconds = (now - unheardSince) / MICROS;
    return (long) (FIRST_CALLS * Math.pow(4, Math.min(seconds, 20)));
  }

  /** Seconds until the forecast leaves room for a further call, at each horizon. */
  private double outputWait(Wish wish, double[] ahead) {
    if (!output.isLimited()) {
      return 0;
    }
    double room = output.burst() * OUTPUT_ROOM;
    double wait = 0;
    for (int i = 0; i < forecast.length; i++) {
      double horizon = Draw.HORIZONS[i];
      double needed = Math.min(wish.producedIn(horizon), room);
      double missing =
          output.deficit() + forecast[i] + ahead[i] + needed - output.refill() * horizon - room;
      wait = Math.max(wait, missing / output.refill());
    }
    return wait;
  }

  private void start(Wish wish) {
    started++;
    calls++;
    requests.charge(1);
    // The time for which a large one waits on is not refilled for others: it arrives so much later.
    input.charge((double) wish.input() + input.owedFor((double) wish.input()));
    requests.learn(1);
    input.learn((double) wish.input());
    output.learn((double) wish.output());
    for (int i = 0; i < forecast.length; i++) {
      double produced = wish.producedIn(Draw.HORIZONS[i]);
      mine[i] += produced;
      forecast[i] += produced;
    }
  }

  private void reserve(Wish wish) {
    requestsAhead++;
    inputAhead += wish.input();
    for (int i = 0; i < forecast.length; i++) {
      outputAhead[i] += wish.producedIn(Draw.HORIZONS[i]);
    }
  }

  private record Ahead(Place place, Wish wish) {}

  private List<Ahead> ahead() {
    double speed =
        draw.wishes().stream()
            .mapToDouble(Wish::outputPerSecond)
            .average()
            .orElse(Double.MAX_VALUE);
    return opened.others().stream()
        .filter(share -> now - share.at() < ATTENTIVE)
        .flatMap(share -> share.line().stream())
        .map(place ->
            new Ahead(
                place,
                new Wish(place.rank(), now - place.turn(), place.input(), place.output(), speed)))
        .sorted(
            Comparator.<Ahead>comparingInt(ahead -> ahead.place().rank())
                .thenComparingLong(ahead -> ahead.place().turn()))
        .toList();
  }

  /** The place that a wish takes in the line of all workers. */
  Place place(Wish wish) {
    return new Place(wish.rank(), now - wish.since(), wish.input(), wish.output());
  }
}
