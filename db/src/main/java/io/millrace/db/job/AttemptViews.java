package io.millrace.db.job;

import static io.millrace.db.schema.Tables.ATTEMPT;
import static io.millrace.db.schema.Tables.JOB;
import static io.millrace.db.schema.Tables.PROVIDER_BATCH;
import static org.jooq.impl.DSL.noCondition;

import io.millrace.db.schema.tables.records.AttemptRecord;
import io.millrace.db.seal.Place;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.JSON;
import org.jspecify.annotations.Nullable;

/** Reads the calls of a job for its tenant. */
public final class AttemptViews {

  private final Database database;

  public AttemptViews(Database database) {
    this.database = database;
  }

  /**
   * At most {@code limit} calls of the job, the latest first, or empty where that tenant has no
   * such job.
   *
   * @param olderThan only calls with a smaller number; all if null
   * @param newerThan only calls with a larger number, beginning with the one that follows it
   */
  public Optional<List<AttemptView>> find(
      int tenantId, JobId id, @Nullable Integer olderThan, @Nullable Integer newerThan, int limit) {
    boolean mine =
        database.dsl().fetchExists(JOB, JOB.ID.eq(id.uuid()), JOB.TENANT_ID.eq(tenantId));
    if (!mine) {
      return Optional.empty();
    }
    Condition range =
        (olderThan == null ? noCondition() : ATTEMPT.NO.lt(olderThan))
            .and(newerThan == null ? noCondition() : ATTEMPT.NO.gt(newerThan));
    List<AttemptRecord> rows =
        new ArrayList<>(
            database
                .dsl()
                .selectFrom(ATTEMPT)
                .where(ATTEMPT.JOB_ID.eq(id.uuid()), range)
                .orderBy(newerThan == null ? ATTEMPT.NO.desc() : ATTEMPT.NO.asc())
                .limit(limit)
                .fetch());
    if (newerThan != null) {
      Collections.reverse(rows);
    }
    Map<Integer, Bill> bills = Bill.ofAttempts(database, id);
    return Optional.of(
        rows.stream()
            .map(row ->
                view(
                    row,
                    message(row),
                    providerBatch(row),
                    bills.getOrDefault(row.getNo(), Bill.NONE)))
            .toList());
  }

  private @Nullable String providerBatch(AttemptRecord row) {
    return row.getProviderBatchId() == null
        ? null
        : database
            .dsl()
            .select(PROVIDER_BATCH.PROVIDER_ID)
            .from(PROVIDER_BATCH)
            .where(PROVIDER_BATCH.ID.eq(row.getProviderBatchId()))
            .fetchOne(PROVIDER_BATCH.PROVIDER_ID);
  }

  private @Nullable String message(AttemptRecord row) {
    String stored = row.getMessage();
    return stored == null
        ? null
        : database.sealer().openText(Place.ATTEMPT_MESSAGE, row.getJobId(), row.getNo(), stored);
  }

  private static AttemptView view(
      AttemptRecord row, @Nullable String message, @Nullable String providerBatch, Bill bill) {
    JSON usage = row.getUsage();
    return new AttemptView(
        row.getNo(),
        row.getSeries(),
        row.getWorkerId(),
        row.getModel(),
        row.getOutcome(),
        row.getCode(),
        message,
        row.getHttpStatus(),
        row.getProviderRequestId(),
        row.getStartedAt(),
        row.getFirstByteAt(),
        row.getFinishedAt(),
        providerBatch,
        row.getPresumed(),
        row.getFencedOut(),
        usage == null ? null : usage.data(),
        bill.cost(),
        bill.suspected());
  }
}
