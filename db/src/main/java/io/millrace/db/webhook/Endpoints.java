package io.millrace.db.webhook;

import static io.millrace.db.schema.Tables.DELIVERY;
import static io.millrace.db.schema.Tables.TENANT;
import static io.millrace.db.schema.Tables.WEBHOOK_ENDPOINT;
import static org.jooq.impl.DSL.currentOffsetDateTime;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.selectOne;
import static org.jooq.impl.DSL.val;

import io.millrace.db.job.JobWalk.Direction;
import io.millrace.db.sql.Database;
import io.millrace.db.webhook.Secrets.Owner;
import io.millrace.delivery.DeliveryState;
import io.millrace.delivery.EndpointId;
import io.millrace.delivery.EndpointState;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jooq.Condition;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** Where tenants want their events sent. A tenant finds and moves only its own. */
public final class Endpoints {

  /** As many as a tenant may have. */
  public static final int MOST = 100;

  private static final int MOST_COUNTED = 100_000;

  private final Database database;
  private final Secrets secrets;

  public Endpoints(Database database, Secrets secrets) {
    this.database = database;
    this.secrets = secrets;
  }

  /**
   * Enters an endpoint together with its secret.
   *
   * @param fields all of it
   * @return empty where the tenant has as many as it may have
   */
  public Optional<Endpoint> create(
      int tenantId, EndpointFields fields, String signing, byte[] key) {
    return database
        .dsl()
        .transactionResult(transaction -> {
          var dsl = transaction.dsl();
          // Two at once count one after the other.
          dsl.select(TENANT.ID).from(TENANT).where(TENANT.ID.eq(tenantId)).forNoKeyUpdate().fetch();
          if (dsl.fetchCount(WEBHOOK_ENDPOINT, WEBHOOK_ENDPOINT.TENANT_ID.eq(tenantId)) >= MOST) {
            return Optional.empty();
          }
          Endpoint endpoint =
              dsl.insertInto(WEBHOOK_ENDPOINT)
                  .set(fields.values())
                  .set(WEBHOOK_ENDPOINT.ID, field("uuidv7()", UUID.class))
                  .set(WEBHOOK_ENDPOINT.TENANT_ID, tenantId)
                  .set(WEBHOOK_ENDPOINT.SIGNING, signing)
                  .returning()
                  .fetchSingle(Endpoints::endpoint);
          secrets.enter(dsl, Owner.of(tenantId, endpoint.id()), signing, key);
          return Optional.of(endpoint);
        });
  }

  /** The endpoint, if that tenant has it. */
  public Optional<Endpoint> find(int tenantId, EndpointId id) {
    return database
        .dsl()
        .selectFrom(WEBHOOK_ENDPOINT)
        .where(its(tenantId, id))
        .fetchOptional(Endpoints::endpoint);
  }

  /** The tenant's endpoints in that direction, from behind {@code from}, which need not exist. */
  public List<Endpoint> list(
      int tenantId, Direction direction, @Nullable EndpointId from, int limit) {
    boolean newestFirst = direction == Direction.NEWEST_FIRST;
    Condition behind =
        from == null
            ? noCondition()
            : newestFirst
                ? WEBHOOK_ENDPOINT.ID.lt(from.uuid())
                : WEBHOOK_ENDPOINT.ID.gt(from.uuid());
    return database
        .dsl()
        .selectFrom(WEBHOOK_ENDPOINT)
        .where(WEBHOOK_ENDPOINT.TENANT_ID.eq(tenantId), behind)
        .orderBy(newestFirst ? WEBHOOK_ENDPOINT.ID.desc() : WEBHOOK_ENDPOINT.ID.asc())
        .limit(inline(limit))
        .fetch(Endpoints::endpoint);
  }

  /** Changes what {@code fields} say; empty where that tenant has no such endpoint. */
  public Optional<Endpoint> change(int tenantId, EndpointId id, EndpointFields fields) {
    if (fields.isEmpty()) {
      return find(tenantId, id);
    }
    return database
        .dsl()
        .update(WEBHOOK_ENDPOINT)
        .set(fields.values())
        .where(its(tenantId, id))
        .returning()
        .fetchOptional(Endpoints::endpoint);
  }

  /**
   * Deletes it with its secrets; what is still to be delivered to it is dropped by and by, and not
   * sent any more.
   */
  public boolean delete(int tenantId, EndpointId id) {
    return database.dsl().deleteFrom(WEBHOOK_ENDPOINT).where(its(tenantId, id)).execute() > 0;
  }

  /** Holds back what an active one is to be told of; others stay as they are. */
  public Optional<Endpoint> pause(int tenantId, EndpointId id) {
    database
        .dsl()
        .update(WEBHOOK_ENDPOINT)
        .set(WEBHOOK_ENDPOINT.STATE, EndpointState.PAUSED.wireName())
        .set(
            WEBHOOK_ENDPOINT.STATE_SINCE,
            currentOffsetDateTime().coerce(WEBHOOK_ENDPOINT.STATE_SINCE))
        .where(its(tenantId, id))
        .and(WEBHOOK_ENDPOINT.STATE.eq(EndpointState.ACTIVE.wireName()))
        .execute();
    return find(tenantId, id);
  }

  /** Makes it active, with as long to fail as a new one; an active one stays as it is. */
  public Optional<Endpoint> resume(int tenantId, EndpointId id) {
    database
        .dsl()
        .update(WEBHOOK_ENDPOINT)
        .set(WEBHOOK_ENDPOINT.STATE, EndpointState.ACTIVE.wireName())
        .setNull(WEBHOOK_ENDPOINT.DISABLED_REASON)
        .setNull(WEBHOOK_ENDPOINT.FAILING_SINCE)
        .set(
            WEBHOOK_ENDPOINT.STATE_SINCE,
            currentOffsetDateTime().coerce(WEBHOOK_ENDPOINT.STATE_SINCE))
        .where(its(tenantId, id))
        .and(WEBHOOK_ENDPOINT.STATE.ne(EndpointState.ACTIVE.wireName()))
        .execute();
    return find(tenantId, id);
  }

  /** How much of what it missed or could not be delivered to it can be replayed, counted so far. */
  public int replayable(int tenantId, EndpointId id) {
    return database
        .dsl()
        .fetchCount(
            selectOne()
                .from(DELIVERY)
                .where(DELIVERY.ENDPOINT_ID.eq(id.uuid()), DELIVERY.UNDELIVERED_AT.isNotNull())
                .and(DELIVERY.TENANT_ID.eq(tenantId))
                .and(
                    DELIVERY.STATE.in(
                        val(DeliveryState.MISSED.wireName()), val(DeliveryState.FAILED.wireName())))
                .limit(inline(MOST_COUNTED)));
  }

  private static Condition its(int tenantId, EndpointId id) {
    return WEBHOOK_ENDPOINT.ID.eq(id.uuid()).and(WEBHOOK_ENDPOINT.TENANT_ID.eq(tenantId));
  }

  private static Endpoint endpoint(Record row) {
    String[] features = row.get(WEBHOOK_ENDPOINT.FEATURES);
    return new Endpoint(
        new EndpointId(row.get(WEBHOOK_ENDPOINT.ID)),
        row.get(WEBHOOK_ENDPOINT.URL),
        row.get(WEBHOOK_ENDPOINT.DESCRIPTION),
        Arrays.asList(row.get(WEBHOOK_ENDPOINT.EVENT_TYPES)),
        features == null ? null : Arrays.asList(features),
        row.get(WEBHOOK_ENDPOINT.INCLUDE_BATCH_ITEMS),
        row.get(WEBHOOK_ENDPOINT.SIGNING),
        EndpointState.parse(row.get(WEBHOOK_ENDPOINT.STATE)).orElseThrow(),
        row.get(WEBHOOK_ENDPOINT.DISABLED_REASON),
        row.get(WEBHOOK_ENDPOINT.STATE_SINCE),
        row.get(WEBHOOK_ENDPOINT.FAILING_SINCE),
        row.get(WEBHOOK_ENDPOINT.LAST_SUCCESS_AT),
        row.get(WEBHOOK_ENDPOINT.CREATED_AT));
  }
}
