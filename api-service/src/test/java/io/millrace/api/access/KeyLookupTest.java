package io.millrace.api.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.sql.Database;
import io.millrace.db.tenant.ApiKey;
import io.millrace.db.tenant.ApiKeys;
import io.millrace.db.tenant.ApiKeys.Role;
import io.millrace.db.tenant.KeySecret;
import io.millrace.db.tenant.Tenants;
import io.millrace.testkit.PostgresExtension;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The ring of keys over its lookup, on a real store. */
class KeyLookupTest {

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private final AtomicLong nanos = new AtomicLong();
  private final KeySecret secret = KeySecret.create(new SecureRandom());

  private ApiKeys keys;
  private KeyRing ring;
  private int tenant;

  @BeforeEach
  void enter() {
    keys = new ApiKeys(postgres.database());
    tenant = new Tenants(postgres.database()).ensure("acme");
    ring = new KeyRing(new KeyLookup(keys), nanos::get);
  }

  @Test
  void aKeyWorksFromTheMomentItExistsAlsoWhereItWasTriedBefore() throws Exception {
    assertThat(ring.find(secret.text())).isEmpty();

    keys.create(tenant, Role.OPERATOR, secret, null);

    assertThat(ring.find(secret.text()))
        .hasValueSatisfying(found -> {
          assertThat(found.tenant()).isEqualTo("acme");
          assertThat(found.role()).isEqualTo(Role.OPERATOR);
        });
    assertThat(ring.find(secret.text() + "x")).isEmpty();
  }

  @Test
  void aRevokedKeyEndsWithinTheBoundAndNotItsNeighbour() throws Exception {
    var next = KeySecret.create(new SecureRandom());
    ApiKey old = keys.create(tenant, Role.TENANT, secret, null);
    keys.create(tenant, Role.TENANT, next, null);
    assertThat(ring.find(secret.text())).isPresent();

    keys.revoke(old);
    nanos.addAndGet(KeyRing.MEMORY.toNanos());

    assertThat(ring.find(secret.text())).isEmpty();
    assertThat(ring.find(next.text())).isPresent();
  }

  @Test
  void aFloodOfGuessesHoldsOneConnectionAndHidesNoGoodKey() throws Exception {
    keys.create(tenant, Role.TENANT, secret, null);
    try (var one = Database.open(postgres.address(), "one", 1);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var flooded = new KeyRing(new KeyLookup(new ApiKeys(one)), nanos::get);
      List<Callable<Boolean>> tries =
          Stream.<Callable<Boolean>>generate(
                  () -> () -> flooded.find(KeySecret.create(new SecureRandom()).text()).isPresent())
              .limit(3_000)
              .toList();
      var guesses = tries.stream().map(threads::submit).toList();

      assertThat(flooded.find(secret.text())).isPresent();
      for (var guess : guesses) {
        assertThat(guess.get()).isFalse();
      }
    }
  }

  @Test
  void theUseOfAKeyIsNotedOnceAnHour() throws Exception {
    keys.create(tenant, Role.TENANT, secret, null);
    assertThat(keys.list("acme").getFirst().lastUsedAt()).isNull();
    var lookup = new KeyLookup(keys);

    assertThat(lookup.find(secret.hash())).isPresent();
    // The use is noted after the answer; the next question waits for that.
    assertThat(lookup.find(secret.hash())).isPresent();

    var noted = keys.list("acme").getFirst().lastUsedAt();
    assertThat(noted).isNotNull();
    keys.noteUse(List.of(secret.hash()));
    assertThat(keys.list("acme").getFirst().lastUsedAt()).isEqualTo(noted);
  }
}
