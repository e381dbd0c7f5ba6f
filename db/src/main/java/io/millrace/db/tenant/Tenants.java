package io.millrace.db.tenant;

import static io.millrace.db.schema.Tables.API_KEY;
import static io.millrace.db.schema.Tables.TENANT;
import static io.millrace.db.schema.Tables.TENANT_PAUSE;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectCount;

import io.millrace.db.sql.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.SortField;
import org.jspecify.annotations.Nullable;

/** Those whom jobs belong to, and whether their jobs are held back. */
public final class Tenants {

  private static final Field<@Nullable Instant> PAUSED_AT =
      field(
          select(TENANT_PAUSE.PAUSED_AT)
              .from(TENANT_PAUSE)
              .where(TENANT_PAUSE.TENANT_ID.eq(TENANT.ID), TENANT_PAUSE.RESUMED_AT.isNull()));
  private static final Field<Integer> KEYS =
      field(
          selectCount()
              .from(API_KEY)
              .where(API_KEY.TENANT_ID.eq(TENANT.ID), API_KEY.REVOKED_AT.isNull()));

  private static final String PAUSE =
      """
      insert into tenant_pause (tenant_id, paused_at) select id, now() from tenant where name = ?
      on conflict do nothing
      """;

  // What is on its way to the workers comes back, so that it takes no room from others; what a
  // dispatcher lets go at this very moment is left alone by the claim.
  private static final String TAKE_BACK =
      """
      with released as (
        select id from job
        where state = 'queued' and parked_until is not null and (released_at is not null) = true
          and tenant_id = (select id from tenant where name = ?)
        for update skip locked)
      update job set parked_until = null, released_at = null from released where job.id = released.id
      """;

  // Past pauses are needed while a job may still have its deadline put off for them.
  private static final String FORGET =
      """
      delete from tenant_pause where resumed_at < now() - interval '100 days'
        and tenant_id = (select id from tenant where name = ?)
      """;

  private static final String RESUME =
      """
      update tenant_pause set resumed_at = now()
      where resumed_at is null and tenant_id = (select id from tenant where name = ?)
      """;

  private final Database database;

  public Tenants(Database database) {
    this.database = database;
  }

  /** The id of the tenant of that name, which is entered if it is new. */
  public int ensure(String name) {
    var dsl = database.dsl();
    dsl.insertInto(TENANT, TENANT.NAME).values(name).onConflictDoNothing().execute();
    return dsl.select(TENANT.ID).from(TENANT).where(TENANT.NAME.eq(name)).fetchSingle(TENANT.ID);
  }

  /** The tenant of that name. */
  public Optional<Tenant> named(String name) {
    return list(TENANT.NAME.eq(name), TENANT.ID.asc(), 1).stream().findFirst();
  }

  /** The latest tenants, newest first. */
  public List<Tenant> latest(int limit) {
    return list(noCondition(), TENANT.ID.desc(), limit);
  }

  /** Those entered before {@code tenant}, newest first. */
  public List<Tenant> olderThan(Tenant tenant, int limit) {
    return list(TENANT.ID.lt(tenant.number()), TENANT.ID.desc(), limit);
  }

  /** The first that were entered after {@code tenant}, newest first. */
  public List<Tenant> newerThan(Tenant tenant, int limit) {
    return list(TENANT.ID.gt(tenant.number()), TENANT.ID.asc(), limit).reversed();
  }

  /**
   * Holds a tenant's queued jobs back until {@link #resume}; those that run finish. A tenant that
   * is paused stays as it is.
   *
   * @return empty where there is no such tenant
   */
  public Optional<Tenant> pause(String name) {
    database.<Integer>transaction(connection -> {
      run(connection, FORGET, name);
      return run(connection, PAUSE, name);
    });
    database.<Integer>single(connection -> run(connection, TAKE_BACK, name));
    return named(name);
  }

  /** Ends the pause, if there is one; empty where there is no such tenant. */
  public Optional<Tenant> resume(String name) {
    database.<Integer>single(connection -> run(connection, RESUME, name));
    return named(name);
  }

  private static int run(Connection connection, String statement, String name) throws SQLException {
    try (var prepared = connection.prepareStatement(statement)) {
      prepared.setString(1, name);
      return prepared.executeUpdate();
    }
  }

  private List<Tenant> list(Condition which, SortField<?> order, int limit) {
    return database
        .dsl()
        .select(TENANT.asterisk(), PAUSED_AT.as("paused_at"), KEYS.as("keys"))
        .from(TENANT)
        .where(which)
        .orderBy(order)
        .limit(limit)
        .fetch(Tenants::tenant);
  }

  private static Tenant tenant(Record row) {
    return new Tenant(
        row.get(TENANT.ID),
        row.get(TENANT.NAME),
        row.get(TENANT.CREATED_AT),
        row.get("paused_at", Instant.class),
        row.get("keys", Integer.class));
  }
}
