package io.millrace.db.job;

import static io.millrace.db.schema.Tables.JOB;
import static org.jooq.impl.DSL.arrayAgg;
import static org.jooq.impl.DSL.count;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.select;

import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Record2;
import org.jooq.Select;
import org.jooq.Table;
import org.jspecify.annotations.Nullable;

/**
 * Finds the jobs of a filter in the order of their ids, a step at a time. Each step is a statement
 * by itself, so that no snapshot is held however long the walk is; a job that comes, ends or goes
 * meanwhile is found or not, and no job is found twice.
 *
 * <p>State, time of creation and, for ended jobs, custom_id are found by index. The rest is looked
 * for among those: a step looks at a bounded number of jobs, and says how far it came.
 */
public final class JobWalk {

  private static final int FIRST_WINDOW = 1_000;
  private static final int LARGEST_WINDOW = 20_000;
  private static final Field<UUID> ID = field(name("w", "id"), UUID.class);
  private static final Field<Boolean> MATCHES = field(name("w", "matches"), Boolean.class);

  private final Database database;

  public JobWalk(Database database) {
    this.database = database;
  }

  /** Which way to go. */
  public enum Direction {
    NEWEST_FIRST,
    OLDEST_FIRST
  }

  /**
   * What was found.
   *
   * @param ids in the order of the walk
   * @param reached the last job that was looked at; null if there are no more
   */
  public record Found(List<JobId> ids, @Nullable JobId reached) {}

  /**
   * The next jobs, at most {@code wanted}; fewer, or none, where the end came or {@code patience}
   * was over.
   *
   * @param from the job after which to begin; it need not exist
   */
  public Found next(
      JobFilter filter, Direction direction, @Nullable JobId from, int wanted, Duration patience) {
    long start = System.nanoTime();
    boolean narrow = filter.isNarrow();
    int window = narrow ? Math.max(wanted, FIRST_WINDOW) : wanted;
    List<JobId> ids = new ArrayList<>();
    JobId reached = from;
    do {
      Found step = step(filter, direction, reached, wanted - ids.size(), window);
      ids.addAll(step.ids());
      reached = step.reached();
      window = Math.min(window * 4, LARGEST_WINDOW);
    } while (reached != null
        && ids.size() < wanted
        && System.nanoTime() - start < patience.toNanos());
    return new Found(ids, reached);
  }

  private Found step(
      JobFilter filter, Direction direction, @Nullable JobId from, int wanted, int window) {
    if (filter.states().isEmpty() || filter.lanes().isEmpty()) {
      return new Found(List.of(), null);
    }
    var looked =
        name("w").fields("id", "matches").asMaterialized(window(filter, direction, from, window));
    var found =
        field(
            "({0})[1:{1}]",
            UUID[].class,
            arrayAgg(ID).orderBy(inDirection(ID, direction)).filterWhere(MATCHES),
            inline(wanted));
    var last =
        field(select(ID).from(looked).orderBy(inDirection(ID, backwards(direction))).limit(1));
    var row = database.dsl().with(looked).select(found, last, count()).from(looked).fetchSingle();
    List<JobId> ids = new ArrayList<>();
    if (row.value1() != null) {
      for (UUID id : row.value1()) {
        ids.add(new JobId(id));
      }
    }
    if (ids.size() == wanted) {
      return new Found(ids, ids.getLast());
    }
    return new Found(ids, row.value3() < window ? null : new JobId(row.value2()));
  }

  /** The next jobs in the ranges of the index, and of each whether it is one that is looked for. */
  private static Select<Record2<UUID, Boolean>> window(
      JobFilter filter, Direction direction, @Nullable JobId from, int window) {
    Select<Record2<UUID, Boolean>> all = null;
    for (JobState state : filter.states()) {
      Select<Record2<UUID, Boolean>> range = range(filter, state, direction, from, window);
      all = all == null ? range : all.unionAll(range);
    }
    Table<Record2<UUID, Boolean>> ranges =
        Objects.requireNonNull(all).asTable("w", "id", "matches");
    return select(ID, MATCHES)
        .from(ranges)
        .orderBy(inDirection(ID, direction))
        .limit(inline(window));
  }

  private static Select<Record2<UUID, Boolean>> range(
      JobFilter filter, JobState state, Direction direction, @Nullable JobId from, int window) {
    Condition indexed =
        state.isFinal() && filter.customId() != null
            ? JOB.CUSTOM_ID.eq(filter.customId())
            : noCondition();
    Condition matches = filter.labelsMatch().and(filter.createdMatches());
    return select(JOB.ID, field(matches).as("matches"))
        .from(JOB)
        // The state stands in the text: a prepared plan must see which partial index holds it.
        .where(JOB.TENANT_ID.eq(filter.tenantId()), JOB.STATE.eq(inline(JobFilter.column(state))))
        .and(indexed)
        .and(filter.idsInRange())
        .and(from == null ? noCondition() : beyond(direction, from))
        .orderBy(inDirection(JOB.ID, direction))
        .limit(inline(window));
  }

  private static Condition beyond(Direction direction, JobId from) {
    return direction == Direction.NEWEST_FIRST ? JOB.ID.lt(from.uuid()) : JOB.ID.gt(from.uuid());
  }

  private static org.jooq.SortField<UUID> inDirection(Field<UUID> id, Direction direction) {
    return direction == Direction.NEWEST_FIRST ? id.desc() : id.asc();
  }

  private static Direction backwards(Direction direction) {
    return direction == Direction.NEWEST_FIRST ? Direction.OLDEST_FIRST : Direction.NEWEST_FIRST;
  }
}
