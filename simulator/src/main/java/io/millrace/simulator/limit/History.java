package io.millrace.simulator.limit;

import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** A pool's seconds of the last hour or so; those in which nothing happened are left out. */
final class History {
  private static final int KEPT = 4_000;
  private static final long SECOND = 1_000_000_000L;

  private static final class Line {
    private final long second;
    private final Map<Caller, Use> uses = new EnumMap<>(Caller.class);
    private final Map<Dimension, Double> lowest = new EnumMap<>(Dimension.class);
    private final Map<Dimension, Double> last = new EnumMap<>(Dimension.class);

    private Line(long second) {
      this.second = second;
    }

    private void add(Caller caller, Use use) {
      uses.merge(caller, use, Use::plus);
    }

    private PoolSecond read() {
      return new PoolSecond(
          second,
          uses.getOrDefault(Caller.MILLRACE, Use.NONE),
          uses.getOrDefault(Caller.OTHERS, Use.NONE),
          lowest,
          last);
    }
  }

  private final ArrayDeque<Line> lines = new ArrayDeque<>();

  void admitted(Caller caller, long inputTokens, long now) {
    line(now).add(caller, new Use(1, inputTokens, 0, 0, 0, 0));
  }

  void inputSettled(Caller caller, long inputTokens, long now) {
    line(now).add(caller, new Use(0, inputTokens, 0, 0, 0, 0));
  }

  void refused(Caller caller, Dimension dimension, long now) {
    line(now)
        .add(
            caller,
            switch (dimension) {
              case REQUESTS -> new Use(0, 0, 0, 1, 0, 0);
              case INPUT_TOKENS -> new Use(0, 0, 0, 0, 1, 0);
              case OUTPUT_TOKENS -> new Use(0, 0, 0, 0, 0, 1);
            });
  }

  /** Output that was produced at an even speed from one moment to another. */
  void produced(Caller caller, double perNano, long from, long to) {
    for (long at = from; at < to; ) {
      long end = Math.min(to, (Math.floorDiv(at, SECOND) + 1) * SECOND);
      produced(caller, perNano * (end - at), at);
      at = end;
    }
  }

  void produced(Caller caller, double outputTokens, long now) {
    line(now).add(caller, new Use(0, 0, outputTokens, 0, 0, 0));
  }

  void level(Dimension dimension, double level, long now) {
    Line line = line(now);
    line.lowest.merge(dimension, level, Math::min);
    line.last.put(dimension, level);
  }

  private Line line(long now) {
    long second = Math.floorDiv(now, SECOND);
    Line last = lines.peekLast();
    // A clock that goes back adds to the second it came from.
    if (last == null || last.second < second) {
      last = new Line(second);
      lines.addLast(last);
      if (lines.size() > KEPT) {
        lines.removeFirst();
      }
    }
    return last;
  }

  List<PoolSecond> read() {
    return lines.stream().map(Line::read).toList();
  }

  void clear() {
    lines.clear();
  }
}
