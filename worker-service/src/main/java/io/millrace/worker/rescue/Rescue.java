package io.millrace.worker.rescue;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.loop.Loop;
import java.time.Duration;
import java.util.List;

/** The loops that see to what others left or asked for. */
public final class Rescue {

  private final List<Loop> loops;

  Rescue(
      RescueJobs rescueJobs,
      ExpireJobs expireJobs,
      HeedCancels heedCancels,
      Announce announce,
      KeepHouse keepHouse,
      MeterRegistry meters) {
    this.loops =
        List.of(
            new Loop("rescue", meters, rescueJobs::once),
            new Loop("expire", meters, expireJobs::once),
            new Loop("cancel", meters, heedCancels::once),
            new Loop("announce", meters, announce::once),
            new Loop("house", meters, keepHouse::once));
  }

  public void start() {
    loops.forEach(Loop::start);
  }

  public void stop(Duration bound) {
    loops.forEach(loop -> loop.stop(bound));
  }
}
