package io.millrace.db.tenant;

import static io.millrace.db.schema.Tables.TENANT;

import io.millrace.db.sql.Database;
import java.util.Optional;

/** Those whom jobs belong to. */
public final class Tenants {

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

  /** The id of the tenant of that name. */
  public Optional<Integer> find(String name) {
    return database
        .dsl()
        .select(TENANT.ID)
        .from(TENANT)
        .where(TENANT.NAME.eq(name))
        .fetchOptional(TENANT.ID);
  }
}
