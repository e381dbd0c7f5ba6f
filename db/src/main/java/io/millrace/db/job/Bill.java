package io.millrace.db.job;

import static io.millrace.db.schema.Tables.COST;
import static org.jooq.impl.DSL.count;
import static org.jooq.impl.DSL.sum;

import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.money.Usage;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/**
 * What calls came to.
 *
 * @param usage of the calls whose cost is certain
 * @param cost US dollars; null where a price is not known
 * @param suspected what may have been billed besides; null where a price is not known
 */
record Bill(Usage usage, @Nullable BigDecimal cost, @Nullable BigDecimal suspected) {

  /** Of no calls. */
  static final Bill NONE = new Bill(Usage.NONE, BigDecimal.ZERO, BigDecimal.ZERO);

  private static final Condition CHARGED = COST.KIND.ne("suspected");
  private static final Field<BigDecimal> INPUT = charged(COST.INPUT_TOKENS);
  private static final Field<BigDecimal> OUTPUT = charged(COST.OUTPUT_TOKENS);
  private static final Field<BigDecimal> CACHE_READ = charged(COST.CACHE_READ_TOKENS);
  private static final Field<BigDecimal> CACHE_WRITE_5M = charged(COST.CACHE_WRITE_5M_TOKENS);
  private static final Field<BigDecimal> CACHE_WRITE_1H = charged(COST.CACHE_WRITE_1H_TOKENS);
  private static final Field<BigDecimal> WEB_SEARCHES = charged(COST.WEB_SEARCHES);
  private static final Field<BigDecimal> AMOUNT = charged(COST.AMOUNT);
  private static final Field<BigDecimal> SUSPECTED =
      sum(COST.AMOUNT).filterWhere(COST.KIND.eq("suspected")).as("suspected");
  private static final Field<Integer> UNPRICED =
      count().filterWhere(CHARGED.and(COST.AMOUNT.isNull())).as("unpriced");
  private static final Field<Integer> PRICED_LATER =
      count().filterWhere(COST.FILLS).as("priced_later");
  private static final Field<Integer> UNPRICED_SUSPICIONS =
      count()
          .filterWhere(COST.KIND.eq("suspected").and(COST.AMOUNT.isNull()))
          .as("unpriced_suspicions");
  private static final List<Field<?>> SUMS =
      List.of(
          INPUT,
          OUTPUT,
          CACHE_READ,
          CACHE_WRITE_5M,
          CACHE_WRITE_1H,
          WEB_SEARCHES,
          AMOUNT,
          SUSPECTED,
          UNPRICED,
          PRICED_LATER,
          UNPRICED_SUSPICIONS);

  /** Of each of these jobs that has any. */
  static Map<UUID, Bill> ofJobs(Database database, Collection<JobId> ids) {
    return database
        .dsl()
        .select(COST.JOB_ID)
        .select(SUMS)
        .from(COST)
        .where(Ids.among(COST.JOB_ID, ids))
        .groupBy(COST.JOB_ID)
        .fetchMap(COST.JOB_ID, Bill::of);
  }

  /** Of each of the job's calls that has any. */
  static Map<Integer, Bill> ofAttempts(Database database, JobId id) {
    return database
        .dsl()
        .select(COST.ATTEMPT_NO)
        .select(SUMS)
        .from(COST)
        .where(COST.JOB_ID.eq(id.uuid()))
        .groupBy(COST.ATTEMPT_NO)
        .fetchMap(COST.ATTEMPT_NO, Bill::of);
  }

  private static Bill of(Record row) {
    var usage =
        new Usage(
            whole(row.get(INPUT)),
            whole(row.get(OUTPUT)),
            whole(row.get(CACHE_WRITE_5M)),
            whole(row.get(CACHE_WRITE_1H)),
            whole(row.get(CACHE_READ)),
            0,
            whole(row.get(WEB_SEARCHES)),
            null,
            null,
            null);
    return new Bill(
        usage,
        row.get(UNPRICED) > row.get(PRICED_LATER) ? null : orZero(row.get(AMOUNT)),
        row.get(UNPRICED_SUSPICIONS) > 0 ? null : orZero(row.get(SUSPECTED)));
  }

  private static Field<BigDecimal> charged(Field<? extends Number> column) {
    return sum(column).filterWhere(CHARGED).as(column.getName());
  }

  private static long whole(@Nullable BigDecimal sum) {
    return sum == null ? 0 : sum.longValueExact();
  }

  private static BigDecimal orZero(@Nullable BigDecimal sum) {
    return sum == null ? BigDecimal.ZERO : sum;
  }
}
