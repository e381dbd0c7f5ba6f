package io.millrace.db.webhook;

import static io.millrace.db.schema.Tables.TENANT;
import static io.millrace.db.schema.Tables.WEBHOOK_ENDPOINT;
import static io.millrace.db.schema.Tables.WEBHOOK_SECRET;
import static org.jooq.impl.DSL.currentOffsetDateTime;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.least;
import static org.jooq.impl.DSL.nvl;

import io.millrace.db.sql.Database;
import io.millrace.delivery.EndpointId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/**
 * What webhooks are signed with: a secret for each endpoint, and one for each tenant, for the URLs
 * that jobs name. One is current; those before it sign beside it until their ends.
 */
public final class Secrets {

  /** Signatures that a message may have: a header with more would not be taken by everybody. */
  private static final int MOST_AT_ONCE = 5;

  private static final Field<Instant> NOW =
      currentOffsetDateTime().coerce(WEBHOOK_SECRET.CREATED_AT);

  private final Database database;

  public Secrets(Database database) {
    this.database = database;
  }

  /**
   * Whose messages a secret signs.
   *
   * @param endpointId null for those to the URLs that the tenant's jobs name
   */
  public record Owner(int tenantId, @Nullable UUID endpointId) {

    public static Owner of(int tenantId, EndpointId endpoint) {
      return new Owner(tenantId, endpoint.uuid());
    }

    public static Owner of(int tenantId) {
      return new Owner(tenantId, null);
    }
  }

  /**
   * One of them.
   *
   * @param signing how it signs, {@code hmac} or {@code ed25519}
   * @param key in clear
   * @param endsAt until when it signs beside the current one, which has no end
   */
  public record Secret(String signing, byte[] key, Instant createdAt, @Nullable Instant endsAt) {

    /** The key stays out of whatever prints this. */
    @Override
    public String toString() {
      return signing + " secret of " + createdAt;
    }
  }

  /**
   * What messages are signed with at the moment, the current one first; none where there is none.
   */
  public List<Secret> signing(Owner owner) {
    return fetch(database.dsl(), owner);
  }

  /** The same of many at once; whoever has none is missing. */
  public Map<Owner, List<Secret>> signing(Collection<Owner> owners) {
    Map<Owner, List<Secret>> found = new HashMap<>();
    if (owners.isEmpty()) {
      return found;
    }
    database
        .dsl()
        .selectFrom(WEBHOOK_SECRET)
        .where(DSL.or(owners.stream().distinct().map(Secrets::of).toList()), stillSigns())
        .orderBy(WEBHOOK_SECRET.ENDS_AT.desc().nullsFirst(), WEBHOOK_SECRET.ID.desc())
        .forEach(row -> {
          var owner =
              new Owner(row.get(WEBHOOK_SECRET.TENANT_ID), row.get(WEBHOOK_SECRET.ENDPOINT_ID));
          found.computeIfAbsent(owner, _ -> new ArrayList<>()).add(secret(owner, row));
        });
    return found;
  }

  /**
   * What messages are signed with; where there is nothing yet, {@code key} is entered and is it.
   */
  public List<Secret> ensure(Owner owner, String signing, byte[] key) {
    List<Secret> found = signing(owner);
    if (!found.isEmpty()) {
      return found;
    }
    database.dsl().transaction(transaction -> enter(transaction.dsl(), owner, signing, key));
    return signing(owner);
  }

  /**
   * Makes {@code key} the current one; those before it sign for {@code overlap} more at most.
   *
   * @return what signs from now on; empty where there is no such owner any more
   */
  public Optional<List<Secret>> rotate(Owner owner, String signing, byte[] key, Duration overlap) {
    return database
        .dsl()
        .transactionResult(transaction -> {
          var dsl = transaction.dsl();
          if (!lock(dsl, owner, signing)) {
            return Optional.empty();
          }
          Field<Instant> end =
              field(
                      "now() + {0} * interval '1 millisecond'",
                      Instant.class, DSL.val(overlap.toMillis()))
                  .coerce(WEBHOOK_SECRET.ENDS_AT);
          dsl.update(WEBHOOK_SECRET)
              .set(WEBHOOK_SECRET.ENDS_AT, least(nvl(WEBHOOK_SECRET.ENDS_AT, end), end))
              .where(of(owner))
              .execute();
          dsl.deleteFrom(WEBHOOK_SECRET).where(of(owner), WEBHOOK_SECRET.ENDS_AT.le(NOW)).execute();
          dsl.deleteFrom(WEBHOOK_SECRET)
              .where(
                  WEBHOOK_SECRET.ID.in(
                      dsl.select(WEBHOOK_SECRET.ID)
                          .from(WEBHOOK_SECRET)
                          .where(of(owner))
                          .orderBy(WEBHOOK_SECRET.ID.desc())
                          .offset(MOST_AT_ONCE - 1)))
              .execute();
          enter(dsl, owner, signing, key);
          return Optional.of(fetch(dsl, owner));
        });
  }

  /** Enters a current secret where there is none. */
  void enter(DSLContext dsl, Owner owner, String signing, byte[] key) {
    dsl.insertInto(WEBHOOK_SECRET)
        .set(WEBHOOK_SECRET.TENANT_ID, owner.tenantId())
        .set(WEBHOOK_SECRET.ENDPOINT_ID, owner.endpointId())
        .set(WEBHOOK_SECRET.SIGNING, signing)
        .set(WEBHOOK_SECRET.SECRET, stored(owner, key))
        .onConflictDoNothing()
        .execute();
  }

  /** Rotations of one owner come one after the other, and see what the one before left. */
  private static boolean lock(DSLContext dsl, Owner owner, String signing) {
    if (owner.endpointId() == null) {
      return dsl.select(TENANT.ID)
          .from(TENANT)
          .where(TENANT.ID.eq(owner.tenantId()))
          .forNoKeyUpdate()
          .fetchOptional()
          .isPresent();
    }
    return dsl.update(WEBHOOK_ENDPOINT)
            .set(WEBHOOK_ENDPOINT.SIGNING, signing)
            .where(
                WEBHOOK_ENDPOINT.ID.eq(owner.endpointId()),
                WEBHOOK_ENDPOINT.TENANT_ID.eq(owner.tenantId()))
            .execute()
        > 0;
  }

  private List<Secret> fetch(DSLContext dsl, Owner owner) {
    return dsl.selectFrom(WEBHOOK_SECRET)
        .where(of(owner), stillSigns())
        .orderBy(WEBHOOK_SECRET.ENDS_AT.desc().nullsFirst(), WEBHOOK_SECRET.ID.desc())
        .fetch(row -> secret(owner, row));
  }

  private static Condition of(Owner owner) {
    return WEBHOOK_SECRET
        .TENANT_ID
        .eq(owner.tenantId())
        .and(
            owner.endpointId() == null
                ? WEBHOOK_SECRET.ENDPOINT_ID.isNull()
                : WEBHOOK_SECRET.ENDPOINT_ID.eq(owner.endpointId()));
  }

  private static Condition stillSigns() {
    return WEBHOOK_SECRET.ENDS_AT.isNull().or(WEBHOOK_SECRET.ENDS_AT.gt(NOW));
  }

  private static Secret secret(Owner owner, Record row) {
    return new Secret(
        row.get(WEBHOOK_SECRET.SIGNING),
        key(owner, row.get(WEBHOOK_SECRET.SECRET)),
        row.get(WEBHOOK_SECRET.CREATED_AT),
        row.get(WEBHOOK_SECRET.ENDS_AT));
  }

  /** What goes into the table: every key passes here on its way in. */
  @SuppressWarnings("unused") // whose it is binds what is sealed to its row
  private static byte[] stored(Owner owner, byte[] key) {
    return key;
  }

  /** The key of what is in the table: every key passes here on its way out. */
  @SuppressWarnings("unused") // as above
  private static byte[] key(Owner owner, byte[] stored) {
    return stored;
  }
}
