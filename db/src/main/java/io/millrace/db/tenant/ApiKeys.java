package io.millrace.db.tenant;

import static io.millrace.db.schema.Tables.API_KEY;
import static io.millrace.db.schema.Tables.TENANT;
import static org.jooq.impl.DSL.currentOffsetDateTime;
import static org.jooq.impl.DSL.noCondition;

import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** The keys that speak for tenants, known by their SHA-256 only. A tenant may have several. */
public final class ApiKeys {

  private static final String FIND =
      """
      select k.hash, t.id, t.name, k.role,
        k.last_used_at is null or k.last_used_at < now() - interval '1 hour'
      from api_key k join tenant t on t.id = k.tenant_id
      where k.hash = any(?) and k.revoked_at is null
      """;

  private static final String NOTE_USE =
      """
      update api_key set last_used_at = now()
      where hash = any(?) and (last_used_at is null or last_used_at < now() - interval '1 hour')
      """;

  private final Database database;

  public ApiKeys(Database database) {
    this.database = database;
  }

  /** What a key may do. */
  public enum Role {
    /** Uses the jobs of its own tenant. */
    TENANT,
    /** Does so too, and looks after the platform. */
    OPERATOR;

    /** The word for it in the store, on the command line and in JSON. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The role of that name. */
    public static Optional<Role> parse(String wireName) {
      return Arrays.stream(values()).filter(role -> role.wireName().equals(wireName)).findFirst();
    }
  }

  /** For whom a key speaks. */
  public record Principal(int tenantId, String tenant, Role role) {}

  /**
   * A key that may be used.
   *
   * @param useIsNews whether it was not used within the last hour, as far as is noted
   */
  public record Usable(byte[] hash, Principal principal, boolean useIsNews) {}

  /** Those of these keys that may be used; one that is unknown or revoked is missing. */
  public List<Usable> find(Collection<byte[]> hashes) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(FIND)) {
        new ArrayBinder<>(select, List.copyOf(hashes)).bytes(hash -> hash);
        List<Usable> found = new ArrayList<>();
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            var principal =
                new Principal(
                    rows.getInt(2), rows.getString(3), Role.parse(rows.getString(4)).orElseThrow());
            found.add(new Usable(rows.getBytes(1), principal, rows.getBoolean(5)));
          }
        }
        return found;
      }
    });
  }

  /** Notes that these keys are in use; often called, it writes once an hour. */
  public void noteUse(Collection<byte[]> hashes) {
    var _ =
        database.<Integer>single(connection -> {
          try (var update = connection.prepareStatement(NOTE_USE)) {
            new ArrayBinder<>(update, List.copyOf(hashes)).bytes(hash -> hash);
            return update.executeUpdate();
          }
        });
  }

  /** Enters a new key. */
  public ApiKey create(int tenantId, Role role, KeySecret secret, @Nullable String label) {
    byte[] hash = secret.hash();
    database
        .dsl()
        .insertInto(API_KEY)
        .set(API_KEY.HASH, hash)
        .set(API_KEY.TENANT_ID, tenantId)
        .set(API_KEY.ROLE, role.wireName())
        .set(API_KEY.HINT, secret.hint())
        .set(API_KEY.LABEL, label)
        .execute();
    return list(API_KEY.HASH.eq(hash)).getFirst();
  }

  /**
   * Enters a key that the environment names, or gives it the role that the environment says. A
   * revoked key stays revoked: the environment cannot bring it back.
   */
  public ApiKey enter(int tenantId, Role role, KeySecret secret) {
    byte[] hash = secret.hash();
    database
        .dsl()
        .insertInto(API_KEY)
        .set(API_KEY.HASH, hash)
        .set(API_KEY.TENANT_ID, tenantId)
        .set(API_KEY.ROLE, role.wireName())
        .set(API_KEY.HINT, secret.hint())
        .set(API_KEY.FROM_ENVIRONMENT, true)
        .onConflict(API_KEY.HASH)
        .doUpdate()
        .set(API_KEY.ROLE, role.wireName())
        .where(
            API_KEY.FROM_ENVIRONMENT.isTrue(),
            API_KEY.TENANT_ID.eq(tenantId),
            API_KEY.REVOKED_AT.isNull())
        .execute();
    return list(API_KEY.HASH.eq(hash)).getFirst();
  }

  /** All keys, or those of one tenant, the latest last. */
  public List<ApiKey> list(@Nullable String tenant) {
    return list(tenant == null ? noCondition() : TENANT.NAME.eq(tenant));
  }

  /**
   * The keys that {@code word} may mean: an id, a hint or an end of one, or a whole key of ours.
   */
  public List<ApiKey> named(String word) {
    var secret = new KeySecret(word);
    if (secret.isOurs()) {
      return list(API_KEY.HASH.eq(secret.hash()));
    }
    return list(ApiKey.number(word).map(API_KEY.ID::eq).orElse(noCondition())).stream()
        .filter(key -> key.answersTo(word))
        .toList();
  }

  /** Revokes a key for good; one that is revoked stays as it is. */
  public ApiKey revoke(ApiKey key) {
    database
        .dsl()
        .update(API_KEY)
        .set(API_KEY.REVOKED_AT, currentOffsetDateTime().coerce(API_KEY.REVOKED_AT))
        .where(API_KEY.ID.eq(key.number()), API_KEY.REVOKED_AT.isNull())
        .execute();
    return list(API_KEY.ID.eq(key.number())).getFirst();
  }

  /** Whether any key may still be used. */
  public boolean any() {
    return database.dsl().fetchExists(API_KEY, API_KEY.REVOKED_AT.isNull());
  }

  private List<ApiKey> list(Condition which) {
    return database
        .dsl()
        .select(API_KEY.asterisk(), TENANT.NAME)
        .from(API_KEY)
        .join(TENANT)
        .on(TENANT.ID.eq(API_KEY.TENANT_ID))
        .where(which)
        .orderBy(API_KEY.ID)
        .fetch(ApiKeys::key);
  }

  private static ApiKey key(Record row) {
    return new ApiKey(
        row.get(API_KEY.ID),
        row.get(TENANT.NAME),
        Role.parse(row.get(API_KEY.ROLE)).orElseThrow(),
        row.get(API_KEY.LABEL),
        row.get(API_KEY.HINT),
        row.get(API_KEY.FROM_ENVIRONMENT),
        row.get(API_KEY.CREATED_AT),
        row.get(API_KEY.LAST_USED_AT),
        row.get(API_KEY.REVOKED_AT));
  }
}
