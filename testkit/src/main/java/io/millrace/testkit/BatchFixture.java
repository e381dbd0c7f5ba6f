package io.millrace.testkit;

import io.millrace.db.batch.Backend;
import io.millrace.db.batch.Batches;
import io.millrace.db.batch.NewBatch;
import io.millrace.db.job.NewJob;
import io.millrace.db.sql.Database;
import io.millrace.job.BatchId;
import io.millrace.job.JobId;
import io.millrace.job.Lane;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** A caller's batch to submit, with items that are alike: a test states only what it is about. */
public final class BatchFixture {

  private Backend backend = Backend.BATCH;
  private Duration untilExpiry = Duration.ofHours(24);
  private Duration untilSwitch = Duration.ofHours(24);
  private String version = "2026-10-21";
  private int items = 1;
  private UnaryOperator<JobFixture> item = UnaryOperator.identity();

  private BatchFixture() {}

  /** A batch that was submitted. */
  public record Submitted(BatchId id, List<JobId> items) {}

  public static BatchFixture batch(int items) {
    var fixture = new BatchFixture();
    fixture.items = items;
    return fixture;
  }

  /** Items go on by the live queue so long from now. */
  public BatchFixture auto(Duration until) {
    backend = Backend.AUTO;
    untilSwitch = until;
    return this;
  }

  public BatchFixture expiresIn(Duration changed) {
    untilExpiry = changed;
    untilSwitch = untilSwitch.compareTo(changed) < 0 ? untilSwitch : changed;
    return this;
  }

  public BatchFixture version(String changed) {
    version = changed;
    return this;
  }

  public BatchFixture each(UnaryOperator<JobFixture> changed) {
    item = changed;
    return this;
  }

  /** Stores the batch. */
  public Submitted submit(Database database) {
    var id = BatchId.create(Instant.now(), ThreadLocalRandom.current());
    var expiresAt = Instant.now().plus(untilExpiry);
    List<NewJob> jobs =
        IntStream.range(0, items)
            .mapToObj(_ ->
                item.apply(
                        JobFixture.job()
                            .lane(Lane.BULK)
                            .batch(id.uuid())
                            .expiresAt(expiresAt)
                            .byBatchUntil(Instant.now().plus(untilSwitch)))
                    .build())
            .toList();
    var batch =
        new NewBatch(
            id,
            1,
            backend,
            Lane.BULK,
            null,
            version,
            List.of(),
            items,
            jobs.stream().mapToLong(job -> job.request().params().length).sum(),
            expiresAt);
    new Batches(database).create(batch, null, List.of(jobs).iterator());
    return new Submitted(id, jobs.stream().map(NewJob::id).toList());
  }
}
