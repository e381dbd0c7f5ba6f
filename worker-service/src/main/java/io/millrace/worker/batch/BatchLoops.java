package io.millrace.worker.batch;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.db.loop.Loop;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What goes on with provider batches at this worker, from the start to the drain. */
public final class BatchLoops {

  private static final Logger log = LoggerFactory.getLogger(BatchLoops.class);

  private final DriveBatches drive;
  private final Loop driving;
  private final Loop leases;
  private final List<Loop> others;

  BatchLoops(
      DriveBatches drive,
      Loop driving,
      GatherItems gather,
      SwitchItems switching,
      MeterRegistry meters) {
    this.drive = drive;
    this.driving = driving;
    this.leases = new Loop("batch-lease", meters, drive::extend);
    this.others =
        List.of(
            new Loop("batch-gather", meters, gather::once),
            new Loop("batch-switch", meters, switching::once));
  }

  public void start() {
    drive.start();
    leases.start();
    driving.start();
    others.forEach(Loop::start);
  }

  /** Nothing more is gathered or begun; a create that is under way goes on. */
  public void stop(Duration bound) {
    drive.stop();
    others.forEach(loop -> loop.stop(bound));
    driving.stop(bound);
  }

  /** Lets what is under way end for {@code grace}, then cuts it; leases are given back. */
  public void drain(Duration grace, Duration bound) {
    if (!drive.drain(grace, bound)) {
      log.warn(
          "{} provider batches are driven on by others when their leases are over", drive.driven());
    }
    leases.stop(bound);
  }
}
