package io.millrace.db.job;

import static io.millrace.db.schema.Tables.JOB;

import io.millrace.db.schema.enums.JobLane;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jooq.Condition;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/**
 * Which of a tenant's jobs are meant: those that meet every part of it. A part that is null does
 * not narrow it; an empty set of states or lanes means no job at all.
 *
 * @param tenantId whose jobs; there is no filter across tenants
 * @param createdAfter the earliest time of creation, itself included
 * @param createdBefore the time before which it was created, so that windows can be put end to end
 */
public record JobFilter(
    int tenantId,
    Set<JobState> states,
    Set<Lane> lanes,
    @Nullable String customId,
    @Nullable String userId,
    @Nullable String feature,
    @Nullable UUID batchId,
    @Nullable Instant createdAfter,
    @Nullable Instant createdBefore) {

  /**
   * How far the time in a job's id, by the clock of the process that accepted it, may be from its
   * time of creation, by the database's: the wait for a transaction, and what clocks differ.
   */
  private static final Duration CLOCKS = Duration.ofMinutes(5);

  public JobFilter {
    states = Set.copyOf(states);
    lanes = Set.copyOf(lanes);
  }

  /** All jobs of that tenant. */
  public static JobFilter of(int tenantId) {
    return new JobFilter(
        tenantId,
        EnumSet.allOf(JobState.class),
        EnumSet.allOf(Lane.class),
        null,
        null,
        null,
        null,
        null,
        null);
  }

  /** Those of these jobs that are in one of {@code allowed}. */
  public JobFilter in(Set<JobState> allowed) {
    var both = EnumSet.noneOf(JobState.class);
    both.addAll(states);
    both.retainAll(allowed);
    return new JobFilter(
        tenantId, both, lanes, customId, userId, feature, batchId, createdAfter, createdBefore);
  }

  /** Whether it holds every job of the tenant. */
  public boolean isEverything() {
    return equals(of(tenantId));
  }

  /** Whether it leaves out jobs other than by their state. */
  boolean isNarrow() {
    return !equals(of(tenantId).in(states));
  }

  /** What a row of {@code job} must meet, all of it. */
  public Condition condition() {
    return DSL.and(
        JOB.TENANT_ID.eq(tenantId), statesMatch(), labelsMatch(), createdMatches(), idsInRange());
  }

  /** The states alone. */
  Condition statesMatch() {
    return states.size() == JobState.values().length
        ? DSL.noCondition()
        : JOB.STATE.in(states.stream().map(JobFilter::column).toList());
  }

  /** Everything that a job keeps for life. */
  Condition labelsMatch() {
    List<Condition> all = new ArrayList<>();
    if (lanes.size() < Lane.values().length) {
      all.add(JOB.LANE.in(lanes.stream().map(JobFilter::column).toList()));
    }
    if (customId != null) {
      all.add(JOB.CUSTOM_ID.eq(customId));
    }
    if (userId != null) {
      all.add(JOB.USER_ID.eq(userId));
    }
    if (feature != null) {
      all.add(JOB.FEATURE.eq(feature));
    }
    if (batchId != null) {
      all.add(JOB.BATCH_ID.eq(batchId));
    }
    return DSL.and(all);
  }

  /** The times of creation, to the microsecond. */
  Condition createdMatches() {
    return DSL.and(
        createdAfter == null ? DSL.noCondition() : JOB.CREATED_AT.ge(createdAfter),
        createdBefore == null ? DSL.noCondition() : JOB.CREATED_AT.lt(createdBefore));
  }

  /** What the times of creation say about ids: the index is in their order. */
  Condition idsInRange() {
    return DSL.and(
        createdAfter == null ? DSL.noCondition() : JOB.ID.ge(floor(createdAfter.minus(CLOCKS))),
        createdBefore == null ? DSL.noCondition() : JOB.ID.lt(floor(createdBefore.plus(CLOCKS))));
  }

  static io.millrace.db.schema.enums.JobState column(JobState state) {
    return Objects.requireNonNull(
        io.millrace.db.schema.enums.JobState.lookupLiteral(state.wireName()));
  }

  private static JobLane column(Lane lane) {
    return Objects.requireNonNull(JobLane.lookupLiteral(lane.wireName()));
  }

  /** The smallest id of a moment; the times of ids begin with the epoch and end in 48 bits. */
  private static UUID floor(Instant moment) {
    long millis = moment.getEpochSecond() < 0 ? 0 : moment.toEpochMilli();
    return new UUID(Math.min(millis, (1L << 48) - 1) << 16, 0);
  }
}
