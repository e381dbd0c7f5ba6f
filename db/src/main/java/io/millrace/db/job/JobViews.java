package io.millrace.db.job;

import static io.millrace.db.schema.Tables.ATTEMPT;
import static io.millrace.db.schema.Tables.JOB;
import static io.millrace.db.schema.Tables.POOL_PAUSE;
import static io.millrace.db.schema.Tables.REQUEST;
import static io.millrace.db.schema.Tables.RESULT;
import static io.millrace.db.schema.Tables.TENANT_PAUSE;
import static org.jooq.impl.DSL.any;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.lateral;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.octetLength;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectOne;
import static org.jooq.impl.DSL.trueCondition;

import io.millrace.db.schema.enums.JobState;
import io.millrace.db.seal.Place;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.Keeping;
import io.millrace.job.Lane;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jooq.Field;
import org.jooq.JSON;
import org.jooq.Record;
import org.jooq.SelectFieldOrAsterisk;
import org.jooq.Table;
import org.jooq.impl.SQLDataType;
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
                          TENANT_PAUSE.TENANT_ID.eq(JOB.TENANT_ID),
                          TENANT_PAUSE.RESUMED_AT.isNull()))
              .or(
                  exists(
                      selectOne()
                          .from(POOL_PAUSE)
                          .where(POOL_PAUSE.POOL.eq(JOB.POOL), POOL_PAUSE.RESUMED_AT.isNull()))));
  private static final Field<Integer> BODY_BYTES =
      field(name(RESULT.getName(), "body_bytes"), Integer.class);
  private static final List<SelectFieldOrAsterisk> COLUMNS =
      List.of(
          JOB.asterisk(),
          RELEASED.as("released"),
          PAUSED.as("paused"),
          FAILURE_MESSAGE.as("failure_message"),
          REQUEST.METADATA,
          REQUEST.RUN_AT,
          REQUEST.FALLBACK_MODELS,
          REQUEST.WEBHOOK_URL,
          REQUEST.ANTHROPIC_VERSION,
          REQUEST.ANTHROPIC_BETA);

  private final Database database;

  /**
   * A job whose result was left where it is.
   *
   * @param bodyBytes how long the body of its result is; zero where there is none
   */
  public record Sized(JobView job, int bodyBytes) {}

  public JobViews(Database database) {
    this.database = database;
  }

  /** The job, if that tenant has it. */
  public Optional<JobView> find(int tenantId, JobId id) {
    var job =
        database
            .dsl()
            .select(COLUMNS)
            .select(RESULT.BODY)
            .from(JOB)
            .leftJoin(REQUEST)
            .on(REQUEST.JOB_ID.eq(JOB.ID), REQUEST.JOB_ID.eq(id.uuid()))
            .leftJoin(RESULT)
            .on(RESULT.JOB_ID.eq(JOB.ID), RESULT.JOB_ID.eq(id.uuid()), RESULT.SERIES.eq(JOB.SERIES))
            .where(JOB.ID.eq(id.uuid()), JOB.TENANT_ID.eq(tenantId))
            .fetchOne();
    return job == null
        ? Optional.empty()
        : Optional.of(view(job, Bill.ofJobs(database, List.of(id)), answer(id, job)));
  }

  /**
   * Those of these jobs that meet the filter now, in the order of {@code ids}, without their bodies
   * and with how long these are.
   */
  public List<Sized> find(JobFilter filter, List<JobId> ids) {
    if (ids.isEmpty()) {
      return List.of();
    }
    Map<UUID, Record> rows =
        database
            .dsl()
            .select(COLUMNS)
            .select(BODY_BYTES)
            .from(JOB)
            .leftJoin(lateral(requestOf(ids)))
            .on(trueCondition())
            .leftJoin(lateral(resultOf(ids)))
            .on(trueCondition())
            .where(Ids.among(JOB.ID, ids), filter.condition())
            .fetchMap(JOB.ID, row -> row);
    Map<UUID, Bill> bills = Bill.ofJobs(database, ids);
    List<Sized> found = new ArrayList<>(ids.size());
    for (JobId id : ids) {
      Record row = rows.get(id.uuid());
      if (row != null) {
        found.add(
            new Sized(view(row, bills, null), Objects.requireNonNullElse(row.get(BODY_BYTES), 0)));
      }
    }
    return found;
  }

  /** The bodies of these jobs' results; a job without one has no entry. */
  public Map<JobId, byte[]> bodies(Collection<JobView> jobs) {
    if (jobs.isEmpty()) {
      return Map.of();
    }
    Map<JobId, Integer> series =
        jobs.stream().collect(Collectors.toMap(JobView::id, JobView::series));
    Map<JobId, byte[]> bodies = new HashMap<>();
    database
        .dsl()
        .select(RESULT.JOB_ID, RESULT.SERIES, RESULT.BODY)
        .from(RESULT)
        .where(Ids.among(RESULT.JOB_ID, series.keySet()))
        .forEach(row -> {
          var id = new JobId(row.value1());
          if (row.value2().intValue() == Objects.requireNonNull(series.get(id))) {
            bodies.put(id, answer(id, row.value2(), row.value3()));
          }
        });
    return bodies;
  }

  /** Which of these jobs have reached a final state: one query for all who wait. */
  public Set<JobId> finished(Collection<JobId> ids) {
    if (ids.isEmpty()) {
      return Set.of();
    }
    return database
        .dsl()
        .select(JOB.ID)
        .from(JOB)
        .where(JOB.ID.eq(any(Ids.array(ids))))
        .and(JOB.STATE.notIn(JobState.queued, JobState.running))
        .fetch(row -> new JobId(row.value1()))
        .stream()
        .collect(Collectors.toSet());
  }

  private JobView view(Record job, Map<UUID, Bill> bills, byte @Nullable [] body) {
    Bill bill = bills.getOrDefault(job.get(JOB.ID), Bill.NONE);
    return new JobView(
        new JobId(job.get(JOB.ID)),
        io.millrace.job.JobState.valueOf(job.get(JOB.STATE).getLiteral().toUpperCase(Locale.ROOT)),
        Lane.parse(job.get(JOB.LANE).getLiteral()).orElseThrow(),
        job.get(JOB.POOL),
        Objects.requireNonNullElse(job.get(JOB.REQUESTED_MODEL), job.get(JOB.MODEL)),
        fallback(job),
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
        job.get(JOB.BATCH_UNTIL),
        terms(job),
        job.get(JOB.FAILURE_CODE),
        failureMessage(job),
        body,
        bill.usage(),
        bill.cost(),
        bill.suspected(),
        job.get("paused", Boolean.class),
        Objects.requireNonNullElse(job.get(JOB.QUOTA_MARK), 0) < 0);
  }

  private static JobView.@Nullable Fallback fallback(Record job) {
    String reason = job.get(JOB.FALLBACK_REASON);
    return reason == null ? null : new JobView.Fallback(job.get(JOB.MODEL), reason);
  }

  private JobView.Terms terms(Record job) {
    JSON metadata = job.get(REQUEST.METADATA);
    return new JobView.Terms(
        job.get(JOB.CUSTOM_ID),
        job.get(JOB.USER_ID),
        job.get(JOB.FEATURE),
        metadata == null ? null : metadata(job.get(JOB.ID), metadata.data()),
        job.get(REQUEST.RUN_AT),
        job.get(JOB.MAX_ATTEMPTS),
        job.get(JOB.TIMEOUT_SECONDS),
        job.get(JOB.RETRY_AMBIGUOUS),
        list(job.get(REQUEST.FALLBACK_MODELS)),
        job.get(REQUEST.WEBHOOK_URL),
        Objects.requireNonNullElse(job.get(REQUEST.ANTHROPIC_VERSION), ""),
        list(job.get(REQUEST.ANTHROPIC_BETA)),
        job.get(JOB.RETENTION_NONE) ? Keeping.NONE : Keeping.STANDARD);
  }

  private byte @Nullable [] answer(JobId id, Record job) {
    byte[] stored = job.get(RESULT.BODY);
    return stored == null ? null : answer(id, job.get(JOB.SERIES), stored);
  }

  private byte[] answer(JobId id, int series, byte[] stored) {
    return database.sealer().open(Place.ANSWER, id.uuid(), series, stored);
  }

  private @Nullable String failureMessage(Record job) {
    String stored = job.get("failure_message", String.class);
    return stored == null
        ? null
        : database
            .sealer()
            .openText(Place.ATTEMPT_MESSAGE, job.get(JOB.ID), job.get(JOB.ATTEMPTS), stored);
  }

  // Sealed it is a JSON string, which the object that it was never is.
  private String metadata(UUID id, String stored) {
    return stored.startsWith("\"")
        ? database
            .sealer()
            .openText(Place.METADATA, id, 0, stored.substring(1, stored.length() - 1))
        : stored;
  }

  private static List<String> list(String @Nullable [] values) {
    return values == null ? List.of() : List.of(values);
  }

  // A plain join of two lists of ids would compare each with each; so each job looks for its own.
  private static Table<?> requestOf(List<JobId> ids) {
    return select(
            REQUEST.METADATA,
            REQUEST.RUN_AT,
            REQUEST.FALLBACK_MODELS,
            REQUEST.WEBHOOK_URL,
            REQUEST.ANTHROPIC_VERSION,
            REQUEST.ANTHROPIC_BETA)
        .from(REQUEST)
        .where(REQUEST.JOB_ID.eq(JOB.ID), Ids.between(REQUEST.JOB_ID, ids))
        .limit(inline(1))
        .asTable(REQUEST.getName());
  }

  private static Table<?> resultOf(List<JobId> ids) {
    return select(octetLength(RESULT.BODY.coerce(SQLDataType.VARCHAR)).as(BODY_BYTES))
        .from(RESULT)
        .where(
            RESULT.JOB_ID.eq(JOB.ID), RESULT.SERIES.eq(JOB.SERIES), Ids.between(RESULT.JOB_ID, ids))
        .limit(inline(1))
        .asTable(RESULT.getName());
  }
}
