package io.millrace.worker.health;

import io.millrace.worker.lease.Lease;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** Whether this worker may claim jobs: it has its lease, and does not drain. */
final class LeaseHealth extends AbstractHealthIndicator {

  private final Lease lease;

  LeaseHealth(Lease lease) {
    this.lease = lease;
  }

  @Override
  protected void doHealthCheck(Health.Builder health) {
    if (lease.isStopping()) {
      new Reason(
              "The worker drains", "It claims nothing more; running calls may end", "None needed")
          .on(health.outOfService());
    } else if (lease.incarnation().isEmpty()) {
      new Reason(
              "The worker has no lease: its heartbeat could not be written in time",
              "It claims nothing, and others may take its jobs",
              "See postgres; the lease comes back with the first heartbeat")
          .on(health.outOfService());
    } else {
      health.up();
    }
  }
}
