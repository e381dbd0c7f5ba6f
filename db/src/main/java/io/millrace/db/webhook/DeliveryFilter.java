package io.millrace.db.webhook;

import static io.millrace.db.schema.Tables.DELIVERY;

import io.millrace.delivery.DeliveryState;
import io.millrace.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jooq.Condition;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/**
 * Which of a tenant's deliveries are meant: those that meet every part of it. A part that is null
 * does not narrow it; an empty set of states means none at all.
 *
 * @param createdAfter the earliest time of its event, itself included
 * @param createdBefore the time before which it happened, so that windows can be put end to end
 */
public record DeliveryFilter(
    int tenantId,
    Set<DeliveryState> states,
    @Nullable UUID endpointId,
    @Nullable JobId jobId,
    @Nullable String eventType,
    @Nullable Instant createdAfter,
    @Nullable Instant createdBefore) {

  private static final Set<DeliveryState> ENDED_BADLY =
      EnumSet.of(DeliveryState.FAILED, DeliveryState.DROPPED, DeliveryState.MISSED);

  /** How far the time in an id, which is when its row was made, may be from its transaction's. */
  private static final Duration CLOCKS = Duration.ofMinutes(5);

  public DeliveryFilter {
    states = Set.copyOf(states);
  }

  /** All deliveries of that tenant. */
  public static DeliveryFilter of(int tenantId) {
    return new DeliveryFilter(
        tenantId, EnumSet.allOf(DeliveryState.class), null, null, null, null, null);
  }

  /** What an index knows. */
  Condition indexed() {
    List<Condition> all = new ArrayList<>();
    all.add(DELIVERY.TENANT_ID.eq(tenantId));
    if (endpointId != null) {
      all.add(DELIVERY.ENDPOINT_ID.eq(endpointId));
    }
    if (jobId != null) {
      all.add(DELIVERY.JOB_ID.eq(jobId.uuid()));
      // Nothing is told of a job before it is there, which tells which partitions to look into.
      all.add(DELIVERY.ID.ge(floor(time(jobId).minus(CLOCKS))));
    }
    if (ENDED_BADLY.containsAll(states)) {
      all.add(DELIVERY.UNDELIVERED_AT.isNotNull());
    }
    if (createdAfter != null) {
      all.add(DELIVERY.ID.ge(floor(createdAfter.minus(CLOCKS))));
    }
    if (createdBefore != null) {
      all.add(DELIVERY.ID.lt(floor(createdBefore.plus(CLOCKS))));
    }
    return DSL.and(all);
  }

  /** What a row must be looked at for. */
  Condition matches() {
    List<Condition> all = new ArrayList<>();
    if (states.size() < DeliveryState.values().length) {
      all.add(DELIVERY.STATE.in(states.stream().map(DeliveryState::wireName).toList()));
    }
    if (eventType != null) {
      all.add(DELIVERY.EVENT_TYPE.eq(eventType));
    }
    if (createdAfter != null) {
      all.add(DELIVERY.CREATED_AT.ge(createdAfter));
    }
    if (createdBefore != null) {
      all.add(DELIVERY.CREATED_AT.lt(createdBefore));
    }
    return all.isEmpty() ? DSL.trueCondition() : DSL.and(all);
  }

  /** Whether rows must be looked at that may turn out to be none that are meant. */
  boolean isNarrow() {
    return states.size() < DeliveryState.values().length
        || eventType != null
        || createdAfter != null
        || createdBefore != null;
  }

  private static Instant time(JobId id) {
    return Instant.ofEpochMilli(id.uuid().getMostSignificantBits() >>> 16);
  }

  private static UUID floor(Instant moment) {
    long millis = moment.getEpochSecond() < 0 ? 0 : moment.toEpochMilli();
    return new UUID(Math.min(millis, (1L << 48) - 1) << 16, 0);
  }
}
