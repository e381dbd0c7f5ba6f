package io.millrace.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.tenant.ApiKey;
import io.millrace.db.tenant.ApiKeys;
import io.millrace.db.tenant.ApiKeys.Role;
import io.millrace.db.tenant.KeySecret;
import io.millrace.db.tenant.Tenants;
import io.millrace.testkit.PostgresExtension;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ApiKeysTest {

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private final KeySecret secret = KeySecret.create(new Random(1));

  private ApiKeys keys;
  private int acme;

  @BeforeEach
  void open() {
    keys = new ApiKeys(postgres.database());
    acme = new Tenants(postgres.database()).ensure("acme");
  }

  @Test
  void aKeyIsKeptAsItsHashAndItsEnds() {
    ApiKey key = keys.create(acme, Role.TENANT, secret, "nightly");

    assertThat(secret.text()).matches("mr_[0-9A-Za-z]{43}");
    assertThat(key.hint())
        .isEqualTo(secret.text().substring(0, 7) + "…" + secret.text().substring(42));
    assertThat(
            postgres
                .database()
                .dsl()
                .fetchSingle("select api_key::text from api_key")
                .get(0, String.class))
        .doesNotContain(secret.text().substring(3))
        .contains("nightly", key.hint());
    assertThat(secret.toString()).isEqualTo(key.hint());
    assertThat(keys.find(List.of(secret.hash(), new byte[32])))
        .singleElement()
        .satisfies(found -> assertThat(found.principal().tenantId()).isEqualTo(acme));
  }

  @Test
  void aHandMadeKeyShowsItsEndOnlyIfItIsLong() {
    assertThat(new KeySecret("secret").hint()).isEqualTo("…");
    assertThat(new KeySecret("a-longer-secret-of-30-letters1").hint()).isEqualTo("…ers1");
  }

  @Test
  void aKeyIsFoundByItsIdItsHintAnEndOfItOrItself() {
    ApiKey key = keys.create(acme, Role.TENANT, secret, null);
    keys.create(acme, Role.TENANT, KeySecret.create(new Random(2)), null);
    String text = secret.text();

    for (String word :
        List.of(key.id(), key.hint(), text.substring(0, 7), text.substring(42), text)) {
      assertThat(keys.named(word)).as(word).containsExactly(key);
    }
    for (String word : List.of("key_0", "key_99", "mr_", "…", "", text + "x")) {
      assertThat(keys.named(word)).as(word).isEmpty();
    }
  }

  @Test
  void whatIsRevokedStaysRevokedWhateverTheEnvironmentSays() {
    ApiKey key = keys.enter(acme, Role.TENANT, secret);
    assertThat(keys.enter(acme, Role.OPERATOR, secret).role()).isEqualTo(Role.OPERATOR);

    ApiKey revoked = keys.revoke(key);

    assertThat(revoked.revokedAt()).isNotNull();
    assertThat(keys.revoke(key)).isEqualTo(revoked);
    assertThat(keys.enter(acme, Role.OPERATOR, secret)).isEqualTo(revoked);
    assertThat(keys.find(List.of(secret.hash()))).isEmpty();
    assertThat(keys.any()).isFalse();
  }

  @Test
  void theEnvironmentTakesNoKeyOver() {
    ApiKey key = keys.create(acme, Role.TENANT, secret, null);

    assertThat(keys.enter(acme, Role.OPERATOR, secret)).isEqualTo(key);
    int rival = new Tenants(postgres.database()).ensure("rival");
    assertThat(keys.enter(rival, Role.TENANT, secret)).isEqualTo(key);
  }
}
