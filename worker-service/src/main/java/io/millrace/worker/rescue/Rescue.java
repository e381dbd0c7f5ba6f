package io.millrace.worker.rescue;

import io.millrace.db.loop.Loop;
import java.time.Duration;
import java.util.List;

/** The loops that see to what others left or asked for. */
public final class Rescue {

  private final List<Loop> loops;

  Rescue(List<Loop> loops) {
    this.loops = List.copyOf(loops);
  }

  public void start() {
    loops.forEach(Loop::start);
  }

  public void stop(Duration bound) {
    loops.forEach(loop -> loop.stop(bound));
  }
}
