package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.batch.BatchFold;
import io.millrace.db.batch.BatchViews;
import io.millrace.db.job.BatchItems;
import io.millrace.db.job.JobChanges;
import io.millrace.db.job.TenantJobs;
import io.millrace.db.sql.Database;
import io.millrace.job.BatchId;
import io.millrace.testkit.PostgresExtension;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is read of a large batch is a portion of it. */
class BatchPlansTest {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private static final BatchId WAITING = new BatchId(new UUID(1, 1));
  private static final BatchId ENDED = new BatchId(new UUID(1, 2));
  private static final int ITEMS = 4_000;
  private static final int FEW = 400;

  @Test
  void aCancelReadsNoMoreThanItsPortion() {
    var until = Instant.now().plusSeconds(7_200);
    job().batch(WAITING.uuid()).byBatchUntil(until).submit(postgres.database(), ITEMS);
    job().submit(postgres.database(), ITEMS);
    try (var single = Database.open(postgres.address(), "single", 1)) {
      var items = new BatchItems(single);
      for (int i = 0; i < 12; i++) {
        var before = Reads.of(single);
        assertThat(items.cancelQueued(WAITING, 5)).hasSize(5);
        assertThat(items.markHeld(WAITING, 5)).isZero();
        assertThat(items.canceling()).isEmpty();
        new BatchViews(single).find(1, WAITING);
        new BatchViews(single).olderThan(1, null, 20);
        new BatchFold(single).fold(20);
        var after = Reads.of(single);
        assertThat(after.scans()).isEqualTo(before.scans());
        assertThat(after.entries() - before.entries()).as("run %d", i).isLessThan(FEW);
      }
    }
  }

  @Test
  void resultsAndDeletionReadNoMoreThanTheirPortion() {
    job().submit(postgres.database(), ITEMS);
    var over = job().batch(ENDED.uuid()).submit(postgres.database(), ITEMS);
    new TenantJobs(postgres.database()).cancel(1, over);
    try (var single = Database.open(postgres.address(), "single", 1)) {
      var items = new BatchItems(single);
      // More often than it takes a prepared statement to come to its lasting plan.
      for (int i = 0; i < 12; i++) {
        var before = Reads.of(single);
        var last = items.endedAfter(ENDED, JobChanges.before(Instant.EPOCH), 10).getLast();
        assertThat(items.endedAfter(ENDED, last, 10)).hasSize(10);
        assertThat(items.deletePortion(ENDED, 5)).isEqualTo(5);
        var after = Reads.of(single);
        assertThat(after.scans()).isEqualTo(before.scans());
        assertThat(after.entries() - before.entries()).as("run %d", i).isLessThan(FEW);
      }
    }
  }
}
