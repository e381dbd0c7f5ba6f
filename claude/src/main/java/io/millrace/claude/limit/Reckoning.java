package io.millrace.claude.limit;

import io.millrace.claude.limit.Draw.Decision;
import io.millrace.claude.limit.Draw.Drawn;
import io.millrace.claude.limit.Draw.Limit;
import io.millrace.claude.limit.Draw.Refused;
import io.millrace.db.limit.PoolRate;
import io.millrace.db.limit.RatePools.Closed;
import io.millrace.db.limit.RatePools.Opened;
import io.millrace.db.limit.WorkerShare;
import io.millrace.db.limit.WorkerShare.Place;
import io.millrace.rate.Dimension;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The arithmetic of one draw: refill, settle, correct by what the provider said, then let those
 * start whose turn it is. Pure: the pool's row and a draw go in, the new row and decisions come
 * out.
 *
 * <p>All workers' waiting jobs form one line. Whoever draws reckons with those before it as if they
 * had started, so it takes nothing that they need; the first in line therefore gets its amount
 * however large it is. A grant may lie a little ahead: the job starts at the moment at which the
 * bucket has refilled for it, so that a small burst does not cost throughput.
 */
final class Reckoning {
  private static final double MICROS = 1e6;
  private static final double CLIMB_SECONDS = 10;
  private static final double CLIMB_FIRST = 0.1;
  private static final long GROWTH_PAUSE = 2_500_000;

  private final Opened opened;
  private final Draw draw;
  private final UUID worker;
  private final long now;
  private final Level requests;
  private final Level input;
  private final Level output;
  private final boolean heard;
  private long burstChangedAt;
  private final Block block;
  private long climbsFrom;
  private int started;

  private Reckoning(Opened opened, Draw draw, UUID worker) {
    PoolRate before = opened.rate();
    this.opened = opened;
    this.draw = draw;
    this.worker = worker;
    this.now = Math.max(opened.now(), before.at());
    this.requests = new Level(Level.Kind.REQUESTS, before.requests());
    this.input = new Level(Level.Kind.INPUT_TOKENS, before.inputTokens());
    this.output = new Level(Level.Kind.OUTPUT_TOKENS, before.outputTokens());
    this.heard = before.heard() || draw.heard();
    this.burstChangedAt = before.burstChangedAt();
    this.block = new Block(before);
    this.climbsFrom = before.climbsFrom();
  }

  static Closed<Drawn> of(Opened opened, Draw draw, UUID worker) {
    return new Reckoning(opened, draw, worker).reckon();
  }

  private Closed<Drawn> reckon() {
    refill();
    adoptLimits();
    settle();
    heedRefusals();
    heedHeaders();
    growBursts();
    var turns =
        new Turns(opened, draw, levels(), block, heard ? 0 : opened.rate().burstChangedAt(), now);
    var decisions = turns.decide();
    started += turns.started();
    boolean probed =
        opened.pause() != null
            && decisions.stream().anyMatch(decision -> decision instanceof Decision.Start);
    var rate = rate(decisions);
    var pause = opened.pause();
    return new Closed<>(
        rate,
        share(turns, decisions),
        probed,
        new Drawn(rate, pause == null ? null : pause.reason(), decisions));
  }

  private void refill() {
    PoolRate before = opened.rate();
    double seconds = (now - before.at()) / MICROS;
    double factor = 1;
    if (before.climbsFrom() > 0) {
      // Nothing that refilled during the pause is used at once after it.
      boolean ended = before.climbsFrom() > before.at() && before.climbsFrom() <= now;
      long from = Math.max(before.at(), before.climbsFrom());
      seconds = Math.max(0, (now - from) / MICROS);
      factor =
          (climb((from - before.climbsFrom()) / MICROS)
                  + climb((now - before.climbsFrom()) / MICROS))
              / 2;
      if (ended) {
        levels().forEach(Level::empty);
      }
    }
    for (Level level : levels()) {
      level.refill(seconds, factor);
    }
  }

  private static double climb(double seconds) {
    return Math.clamp(CLIMB_FIRST + (1 - CLIMB_FIRST) * seconds / CLIMB_SECONDS, CLIMB_FIRST, 1.0);
  }

  private List<Level> levels() {
    return List.of(requests, input, output);
  }

  private void adoptLimits() {
    var told = draw.told();
    PoolLimits configured = draw.configured();
    double idle = opened.idle();
    requests.limit(configured.requestsPerMinute(), perMinute(told, 0), idle);
    input.limit(configured.inputTokensPerMinute(), perMinute(told, 1), idle);
    output.limit(configured.outputTokensPerMinute(), perMinute(told, 2), idle);
  }

  private static @Nullable Long perMinute(Draw.@Nullable Told told, int index) {
    return told == null ? null : told.buckets().get(index).perMinute();
  }

  private void settle() {
    requests.charge(draw.settled().requests() + draw.started().calls());
    input.charge(draw.settled().input() + draw.started().input());
    output.charge(draw.settled().produced());
    int calls = draw.started().calls();
    if (calls > 0) {
      started += calls;
      requests.learn(1);
      input.learn(draw.started().input() / calls);
      output.learn(draw.started().output() / calls);
    }
  }

  private void heedRefusals() {
    if (draw.proved()) {
      block.proved(now);
    }
    for (Refused refused : draw.refused()) {
      Level level = level(refused.dimension());
      // Calls that began before the last shrink tell of the same burst once more.
      boolean news = now - refused.began() > burstChangedAt;
      if (level != null) {
        level.empty();
        if (news) {
          level.shrink();
        }
      }
      if (news) {
        burstChangedAt = now;
      }
      block.refused(refused, now);
      if (refused.ramp()) {
        climbsFrom = Math.max(climbsFrom, block.until());
      }
    }
  }

  private @Nullable Level level(@Nullable Dimension dimension) {
    return dimension == null
        ? null
        : switch (dimension) {
          case REQUESTS -> requests;
          case INPUT_TOKENS -> input;
          case OUTPUT_TOKENS -> output;
        };
  }

  private void heedHeaders() {
    var told = draw.told();
    if (told == null) {
      return;
    }
    double seconds = told.age() / MICROS;
    // Requests are counted exactly: only there does a difference prove that others are at work.
    missing(requests, told.buckets().get(0), seconds, true);
    boolean shared = requests.isShared();
    missing(input, told.buckets().get(1), seconds, shared);
    missing(output, told.buckets().get(2), seconds, shared);
  }

  private static void missing(Level level, Limit told, double seconds, boolean foreign) {
    Long perMinute = told.perMinute();
    Long remaining = told.remaining();
    if (perMinute != null && remaining != null) {
      level.missing((double) (perMinute - remaining), seconds, foreign);
    }
  }

  private void growBursts() {
    if (opened.rate().waitsFor() != null
        && block.until() < now
        && now - burstChangedAt > GROWTH_PAUSE) {
      levels().forEach(Level::grow);
      burstChangedAt = now;
    }
  }

  private WorkerShare share(Turns turns, List<Decision> decisions) {
    List<Place> line = new ArrayList<>();
    for (int i = 0; i < decisions.size() && line.size() < Draw.PLACES; i++) {
      if (decisions.get(i) instanceof Decision.Later) {
        line.add(turns.place(draw.wishes().get(i)));
      }
    }
    return new WorkerShare(
        worker,
        now,
        draw.calls() + turns.started(),
        draw.waiting(),
        line,
        Arrays.stream(turns.forecast()).boxed().toList());
  }

  private PoolRate rate(List<Decision> decisions) {
    PoolRate before = opened.rate();
    double seconds = (now - before.at()) / MICROS;
    double starts = before.starts(seconds, started);
    boolean climbs = climbsFrom > 0 && now - climbsFrom < CLIMB_SECONDS * MICROS;
    return new PoolRate(
        now,
        requests.bucket(),
        input.bucket(),
        output.bucket(),
        heard,
        burstChangedAt,
        starts,
        block.until() > now ? block.until() : 0,
        block.until() > now ? block.by() : null,
        block.probesFrom(),
        climbs ? climbsFrom : 0,
        waitsFor(decisions));
  }

  private @Nullable String waitsFor(List<Decision> decisions) {
    String behind = null;
    for (Decision decision : decisions) {
      if (decision instanceof Decision.Later(_, boolean first, String binding)) {
        if (first) {
          return binding;
        }
        behind = binding;
      }
    }
    boolean othersWait = opened.others().stream().anyMatch(share -> !share.line().isEmpty());
    if (!othersWait) {
      return behind;
    }
    return opened.rate().waitsFor() == null ? behind : opened.rate().waitsFor();
  }
}
