package io.millrace.db.job;

import static io.millrace.db.schema.Tables.ATTEMPT;
import static io.millrace.db.schema.Tables.COST;
import static io.millrace.db.schema.Tables.JOB;
import static io.millrace.db.schema.Tables.REQUEST;
import static io.millrace.db.schema.Tables.RESULT;
import static io.millrace.db.schema.Tables.TENANT_PAUSE;
import static org.jooq.impl.DSL.any;
import static org.jooq.impl.DSL.count;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectOne;
import static org.jooq.impl.DSL.sum;
import static org.jooq.impl.DSL.val;

import io.millrace.db.schema.enums.JobState;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.Lane;
import io.millrace.money.Usage;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jooq.Field;
import org.jooq.JSON;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** Reads jobs for those who asked for them. A tenant finds only its own. */
public final class JobViews {

  private static final Field<@Nullable String> FAILURE_MESSAGE =
      field(
          select(ATTEMPT.MESSAGE)
              .from(ATTEMPT)
              .where(ATTEMPT.JOB_ID.eq(JOB.ID), ATTEMPT.NO.eq(JOB.ATTEMPTS)));
  private static final Field<Boolean> RELEASED = field(JOB.RELEASED_AT.isNotNull());
  private static final Field<Boolean> PAUSED =
      field(
          exists(
              selectOne()
                  .from(TENANT_PAUSE)
                  .where(
                      TENANT_PAUSE.TENANT_ID.eq(JOB.TENANT_ID), TENANT_PAUSE.RESUMED_AT.isNull())));

  private final Database database;

  public JobViews(Database database) {
    this.database = database;
  }

  /** The job, if that tenant has it. */
  public Optional<JobView> find(int tenantId, JobId id) {
    var job =
        database
            .dsl()
            .select(
                JOB.asterisk(),
                RELEASED.as("released"),
                PAUSED.as("paused"),
                FAILURE_MESSAGE.as("failure_message"))
            .select(REQUEST.METADATA, REQUEST.RUN_AT, REQUEST.FALLBACK_MODELS)
            .select(REQUEST.WEBHOOK_URL, REQUEST.ANTHROPIC_VERSION, REQUEST.ANTHROPIC_BETA)
            .select(RESULT.BODY)
            .from(JOB)
            .leftJoin(REQUEST)
            .on(REQUEST.JOB_ID.eq(JOB.ID), REQUEST.JOB_ID.eq(id.uuid()))
            .leftJoin(RESULT)
            .on(RESULT.JOB_ID.eq(JOB.ID), RESULT.JOB_ID.eq(id.uuid()), RESULT.SERIES.eq(JOB.SERIES))
            .where(JOB.ID.eq(id.uuid()), JOB.TENANT_ID.eq(tenantId))
            .fetchOne();
    return job == null ? Optional.empty() : Optional.of(view(job, money(id)));
  }

  /** Which of these jobs have reached a final state: one query for all who wait. */
  public Set<JobId> finished(Collection<JobId> ids) {
    if (ids.isEmpty()) {
      return Set.of();
    }
    UUID[] wanted = ids.stream().map(JobId::uuid).toArray(UUID[]::new);
    return database
        .dsl()
        .select(JOB.ID)
        .from(JOB)
        .where(JOB.ID.eq(any(wanted)))
        .and(JOB.STATE.notIn(JobState.queued, JobState.running))
        .fetch(row -> new JobId(row.value1()))
        .stream()
        .collect(Collectors.toSet());
  }

  private Money money(JobId id) {
    var charged = COST.KIND.ne("suspected");
    var row =
        database
            .dsl()
            .select(
                sum(COST.INPUT_TOKENS).filterWhere(charged),
                sum(COST.OUTPUT_TOKENS).filterWhere(charged),
                sum(COST.CACHE_READ_TOKENS).filterWhere(charged),
                sum(COST.CACHE_WRITE_5M_TOKENS).filterWhere(charged),
                sum(COST.CACHE_WRITE_1H_TOKENS).filterWhere(charged),
                sum(COST.WEB_SEARCHES).filterWhere(charged),
                sum(COST.AMOUNT).filterWhere(charged),
                sum(COST.AMOUNT).filterWhere(COST.KIND.eq(val("suspected"))),
                count().filterWhere(charged.and(COST.AMOUNT.isNull())),
                count().filterWhere(COST.FILLS),
                count().filterWhere(COST.KIND.eq(val("suspected")).and(COST.AMOUNT.isNull())))
            .from(COST)
            .where(COST.JOB_ID.eq(id.uuid()))
            .fetchSingle();
    var usage =
        new Usage(
            whole(row.value1()),
            whole(row.value2()),
            whole(row.value4()),
            whole(row.value5()),
            whole(row.value3()),
            0,
            whole(row.value6()),
            null,
            null,
            null);
    boolean unpriced = row.value9() > row.value10();
    return new Money(
        usage,
        unpriced ? null : orZero(row.value7()),
        row.value11() > 0 ? null : orZero(row.value8()));
  }

  private static JobView view(Record job, Money money) {
    return new JobView(
        new JobId(job.get(JOB.ID)),
        io.millrace.job.JobState.valueOf(job.get(JOB.STATE).getLiteral().toUpperCase(Locale.ROOT)),
        Lane.parse(job.get(JOB.LANE).getLiteral()).orElseThrow(),
        job.get(JOB.MODEL),
        job.get(JOB.CREATED_AT),
        job.get(JOB.DUE_AT),
        job.get(JOB.EXPIRES_AT),
        job.get("released", Boolean.class),
        job.get(JOB.STARTED_AT),
        job.get(JOB.FINISHED_AT),
        job.get(JOB.CANCEL_REQUESTED_AT),
        job.get(JOB.ATTEMPTS),
        job.get(JOB.SERIES),
        job.get(JOB.BATCH_ID),
        terms(job),
        job.get(JOB.FAILURE_CODE),
        job.get("failure_message", String.class),
        job.get(RESULT.BODY),
        money.usage(),
        money.cost(),
        money.suspected(),
        job.get("paused", Boolean.class));
  }

  private static JobView.Terms terms(Record job) {
    JSON metadata = job.get(REQUEST.METADATA);
    return new JobView.Terms(
        job.get(JOB.CUSTOM_ID),
        job.get(JOB.USER_ID),
        job.get(JOB.FEATURE),
        metadata == null ? null : metadata.data(),
        job.get(REQUEST.RUN_AT),
        job.get(JOB.MAX_ATTEMPTS),
        job.get(JOB.TIMEOUT_SECONDS),
        job.get(JOB.RETRY_AMBIGUOUS),
        list(job.get(REQUEST.FALLBACK_MODELS)),
        job.get(REQUEST.WEBHOOK_URL),
        Objects.requireNonNullElse(job.get(REQUEST.ANTHROPIC_VERSION), ""),
        list(job.get(REQUEST.ANTHROPIC_BETA)));
  }

  private static List<String> list(String @Nullable [] values) {
    return values == null ? List.of() : List.of(values);
  }

  private static long whole(@Nullable BigDecimal sum) {
    return sum == null ? 0 : sum.longValueExact();
  }

  private static BigDecimal orZero(@Nullable BigDecimal sum) {
    return sum == null ? BigDecimal.ZERO : sum;
  }

  private record Money(Usage usage, @Nullable BigDecimal cost, @Nullable BigDecimal suspected) {}
}
