package io.millrace.db.tenant;

import static io.millrace.db.schema.Tables.API_KEY;
import static io.millrace.db.schema.Tables.TENANT;

import io.millrace.db.sql.Database;
import java.util.Optional;

/** The keys that speak for tenants, known by their SHA-256 only. */
public final class ApiKeys {

  private final Database database;

  public ApiKeys(Database database) {
    this.database = database;
  }

  /** What a key may do. */
  public enum Role {
    TENANT,
    OPERATOR
  }

  /** For whom a key speaks. */
  public record Principal(int tenantId, String tenant, Role role) {}

  /** Whom the key with that hash speaks for; empty where it is unknown or revoked. */
  public Optional<Principal> find(byte[] hash) {
    return database
        .dsl()
        .select(TENANT.ID, TENANT.NAME, API_KEY.ROLE)
        .from(API_KEY)
        .join(TENANT)
        .on(TENANT.ID.eq(API_KEY.TENANT_ID))
        .where(API_KEY.HASH.eq(hash), API_KEY.REVOKED_AT.isNull())
        .fetchOptional(row ->
            new Principal(
                row.value1(),
                row.value2(),
                row.value3().equals("operator") ? Role.OPERATOR : Role.TENANT));
  }

  /** Enters a key, or leaves it as it is where it is known. */
  public void put(byte[] hash, int tenantId, Role role, String hint) {
    database
        .dsl()
        .insertInto(API_KEY, API_KEY.HASH, API_KEY.TENANT_ID, API_KEY.ROLE, API_KEY.HINT)
        .values(hash, tenantId, role == Role.OPERATOR ? "operator" : "tenant", hint)
        .onConflictDoNothing()
        .execute();
  }

  /** Whether any key may still be used. */
  public boolean any() {
    return database.dsl().fetchExists(API_KEY, API_KEY.REVOKED_AT.isNull());
  }
}
