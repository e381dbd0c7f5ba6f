package io.millrace.db.job;

import static io.millrace.db.schema.Tables.JOB;

import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.jooq.Record;
import org.jooq.Select;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/**
 * Walks over all of a tenant's jobs that a filter matches, newest first, in steps of bounded work:
 * a step looks at so many jobs, however few of them match, so that neither a long history nor a
 * filter that fits nothing makes one statement long. What is submitted after the walk began is not
 * met by it.
 */
public final class MatchingJobs {

  private final Database database;

  public MatchingJobs(Database database) {
    this.database = database;
  }

  /** A job that matched, and its state as it was seen. */
  public record Match(JobId id, JobState state, boolean cancelRequested) {}

  /**
   * One step.
   *
   * @param last the job that was looked at last, where the next step goes on; null at the end
   */
  public record Step(List<Match> matches, @Nullable JobId last) {}

  /** Looks at the next {@code jobs} jobs that are older than {@code after}, or at the newest. */
  public Step step(JobFilter filter, @Nullable JobId after, int jobs) {
    if (filter.states().isEmpty() || filter.lanes().isEmpty()) {
      return new Step(List.of(), null);
    }
    var seen = seen(filter, after, jobs).asTable("job");
    var hit = DSL.field(filter.condition());
    List<Match> matches = new ArrayList<>();
    UUID last = null;
    int count = 0;
    for (var row :
        database
            .dsl()
            .select(JOB.ID, JOB.STATE, JOB.CANCEL_REQUESTED_AT.isNotNull(), hit)
            .from(seen)
            .orderBy(JOB.ID.desc())
            .limit(jobs)
            .fetch()) {
      count++;
      last = row.value1();
      if (Boolean.TRUE.equals(row.value4())) {
        matches.add(
            new Match(
                new JobId(row.value1()),
                JobState.valueOf(row.value2().getLiteral().toUpperCase(Locale.ROOT)),
                row.value3()));
      }
    }
    return new Step(matches, last == null || count < jobs ? null : new JobId(last));
  }

  /** The next jobs of each state that may match: the index is by state, and in the order of ids. */
  private static Select<Record> seen(JobFilter filter, @Nullable JobId after, int jobs) {
    Select<Record> all = null;
    for (JobState state : filter.states()) {
      Select<Record> range =
          DSL.select(JOB.asterisk())
              .from(JOB)
              .where(
                  JOB.TENANT_ID.eq(filter.tenantId()),
                  JOB.STATE.eq(DSL.inline(JobFilter.column(state))),
                  filter.idsInRange(),
                  after == null ? DSL.noCondition() : JOB.ID.lt(after.uuid()))
              .orderBy(JOB.ID.desc())
              .limit(jobs);
      all = all == null ? range : all.unionAll(range);
    }
    return Objects.requireNonNull(all);
  }
}
