package io.millrace.db.webhook;

import static io.millrace.db.schema.Tables.DELIVERY;
import static io.millrace.db.schema.Tables.DELIVERY_ATTEMPT;
import static io.millrace.db.schema.Tables.DELIVERY_PENDING;
import static org.jooq.impl.DSL.any;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.when;

import io.millrace.db.job.JobWalk.Direction;
import io.millrace.db.sql.Database;
import io.millrace.delivery.DeliveryError;
import io.millrace.delivery.DeliveryId;
import io.millrace.delivery.DeliveryState;
import io.millrace.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jooq.Field;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** Reads deliveries for those whom they are to tell. A tenant finds only its own. */
public final class DeliveryViews {

  private static final int FIRST_WINDOW = 1_000;
  private static final int LARGEST_WINDOW = 20_000;
  private static final int MOST_ATTEMPTS = 1_000;
  private static final Field<Instant> NEXT_ATTEMPT =
      when(DELIVERY_PENDING.WORKER_ID.isNull(), DELIVERY_PENDING.DUE_AT).as("next_attempt_at");
  private static final Field<Boolean> MATCHES = field(name("matches"), Boolean.class);

  private final Database database;

  public DeliveryViews(Database database) {
    this.database = database;
  }

  /**
   * What was found.
   *
   * @param ids in the order of the walk
   * @param reached the last delivery that was looked at; null if there are no more
   */
  public record Found(List<DeliveryId> ids, @Nullable DeliveryId reached) {}

  /** The delivery, if that tenant has it. */
  public Optional<DeliveryView> find(int tenantId, DeliveryId id) {
    return find(tenantId, List.of(id)).stream().findFirst();
  }

  /** Those of these deliveries that the tenant has, in the order of {@code ids}. */
  public List<DeliveryView> find(int tenantId, Collection<DeliveryId> ids) {
    if (ids.isEmpty()) {
      return List.of();
    }
    Map<UUID, Record> rows =
        database
            .dsl()
            .select(DELIVERY.asterisk(), NEXT_ATTEMPT)
            .from(DELIVERY)
            .leftJoin(DELIVERY_PENDING)
            .on(DELIVERY_PENDING.ID.eq(DELIVERY.ID))
            .where(DELIVERY.ID.eq(any(ids.stream().map(DeliveryId::uuid).toArray(UUID[]::new))))
            .and(DELIVERY.ID.between(Collections.min(ids).uuid(), Collections.max(ids).uuid()))
            .and(DELIVERY.TENANT_ID.eq(tenantId))
            .fetchMap(DELIVERY.ID, row -> row);
    return ids.stream()
        .map(id -> rows.get(id.uuid()))
        .filter(Objects::nonNull)
        .map(DeliveryViews::view)
        .toList();
  }

  /** The attempts of a delivery, in their order; none where that tenant has no such delivery. */
  public List<DeliveryView.Attempt> attempts(int tenantId, DeliveryId id) {
    return database
        .dsl()
        .select(DELIVERY_ATTEMPT.asterisk())
        .from(DELIVERY_ATTEMPT)
        .join(DELIVERY)
        .on(DELIVERY.ID.eq(DELIVERY_ATTEMPT.DELIVERY_ID), DELIVERY.ID.eq(id.uuid()))
        .where(DELIVERY_ATTEMPT.DELIVERY_ID.eq(id.uuid()), DELIVERY.TENANT_ID.eq(tenantId))
        .orderBy(DELIVERY_ATTEMPT.NO)
        .limit(inline(MOST_ATTEMPTS))
        .fetch(DeliveryViews::attempt);
  }

  /**
   * The next deliveries that the filter means, at most {@code wanted}; fewer, or none, where the
   * end came or {@code patience} was over. Each step is a statement by itself that looks at a
   * bounded number of rows.
   *
   * @param from the delivery after which to begin; it need not exist
   */
  public Found next(
      DeliveryFilter filter,
      Direction direction,
      @Nullable DeliveryId from,
      int wanted,
      Duration patience) {
    if (filter.states().isEmpty()) {
      return new Found(List.of(), null);
    }
    long start = System.nanoTime();
    int window = filter.isNarrow() ? Math.max(wanted, FIRST_WINDOW) : wanted;
    List<DeliveryId> ids = new ArrayList<>();
    DeliveryId reached = from;
    do {
      reached = step(filter, direction, reached, wanted, window, ids);
      window = Math.min(window * 4, LARGEST_WINDOW);
    } while (reached != null
        && ids.size() < wanted
        && System.nanoTime() - start < patience.toNanos());
    return new Found(ids, reached);
  }

  private @Nullable DeliveryId step(
      DeliveryFilter filter,
      Direction direction,
      @Nullable DeliveryId from,
      int wanted,
      int window,
      List<DeliveryId> ids) {
    boolean newestFirst = direction == Direction.NEWEST_FIRST;
    var rows =
        database
            .dsl()
            .select(DELIVERY.ID, field(filter.matches()).as(MATCHES))
            .from(DELIVERY)
            .where(filter.indexed())
            .and(
                from == null
                    ? noCondition()
                    : newestFirst ? DELIVERY.ID.lt(from.uuid()) : DELIVERY.ID.gt(from.uuid()))
            .orderBy(newestFirst ? DELIVERY.ID.desc() : DELIVERY.ID.asc())
            .limit(inline(window));
    int looked = 0;
    DeliveryId last = null;
    for (var row : rows.fetch()) {
      looked++;
      last = new DeliveryId(Objects.requireNonNull(row.get(DELIVERY.ID)));
      if (Boolean.TRUE.equals(row.get(MATCHES))) {
        ids.add(last);
        if (ids.size() == wanted) {
          return last;
        }
      }
    }
    return looked < window ? null : last;
  }

  private static DeliveryView view(Record row) {
    UUID job = row.get(DELIVERY.JOB_ID);
    String error = row.get(DELIVERY.ERROR);
    return new DeliveryView(
        new DeliveryId(row.get(DELIVERY.ID)),
        row.get(DELIVERY.ENDPOINT_ID),
        row.get(DELIVERY.URL),
        row.get(DELIVERY.EVENT_TYPE),
        job == null ? null : new JobId(job),
        DeliveryState.parse(row.get(DELIVERY.STATE)).orElseThrow(),
        row.get(DELIVERY.ATTEMPTS),
        row.get(DELIVERY.HTTP_STATUS),
        error == null ? null : DeliveryError.parse(error).orElse(DeliveryError.INTERNAL),
        row.get(DELIVERY.OCCURRED_AT),
        row.get(DELIVERY.CREATED_AT),
        row.get(NEXT_ATTEMPT),
        row.get(DELIVERY.FINISHED_AT));
  }

  private static DeliveryView.Attempt attempt(Record row) {
    String error = row.get(DELIVERY_ATTEMPT.ERROR);
    return new DeliveryView.Attempt(
        row.get(DELIVERY_ATTEMPT.NO),
        row.get(DELIVERY_ATTEMPT.STARTED_AT),
        row.get(DELIVERY_ATTEMPT.FINISHED_AT),
        row.get(DELIVERY_ATTEMPT.HTTP_STATUS),
        error == null ? null : DeliveryError.parse(error).orElse(DeliveryError.INTERNAL),
        row.get(DELIVERY_ATTEMPT.RESPONSE));
  }
}
