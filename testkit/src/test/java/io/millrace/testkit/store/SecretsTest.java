package io.millrace.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.job.JobWalk.Direction;
import io.millrace.db.tenant.Tenants;
import io.millrace.db.webhook.Endpoint;
import io.millrace.db.webhook.EndpointFields;
import io.millrace.db.webhook.Endpoints;
import io.millrace.db.webhook.Secrets;
import io.millrace.db.webhook.Secrets.Owner;
import io.millrace.db.webhook.Secrets.Secret;
import io.millrace.delivery.EndpointState;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Endpoints, and what webhooks are signed with while secrets come and go. */
class SecretsTest {

  private static final String HMAC = "hmac";

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private Secrets secrets;
  private Endpoints endpoints;
  private int acme;
  private int rival;

  @BeforeEach
  void open() {
    var tenants = new Tenants(postgres.database());
    secrets = new Secrets(postgres.database());
    endpoints = new Endpoints(postgres.database(), secrets);
    acme = tenants.ensure("acme");
    rival = tenants.ensure("rival");
  }

  @Test
  void aRotatedSecretSignsBesideTheNewOneUntilItsEnd() {
    var owner = Owner.of(acme);
    Instant first = secrets.ensure(owner, HMAC, key(1)).getFirst().createdAt();
    assertThat(keys(secrets.ensure(owner, HMAC, key(2)))).containsExactly(1);

    var rotated = secrets.rotate(owner, HMAC, key(2), Duration.ofHours(2)).orElseThrow();
    assertThat(keys(rotated)).containsExactly(2, 1);
    assertThat(rotated.getFirst().endsAt()).isNull();
    assertThat(rotated.getLast().endsAt())
        .isBetween(first.plus(Duration.ofHours(2)), first.plus(Duration.ofHours(3)));

    // What comes after does not prolong it.
    var again = secrets.rotate(owner, HMAC, key(3), Duration.ofDays(7)).orElseThrow();
    assertThat(keys(again)).containsExactly(3, 2, 1);
    assertThat(again.getLast().endsAt()).isEqualTo(rotated.getLast().endsAt());
  }

  @Test
  void withoutAnOverlapOnlyTheNewSecretSigns() {
    var owner = Owner.of(acme);
    secrets.ensure(owner, HMAC, key(1));
    secrets.rotate(owner, HMAC, key(2), Duration.ofDays(1));

    assertThat(keys(secrets.rotate(owner, HMAC, key(3), Duration.ZERO).orElseThrow()))
        .containsExactly(3);
    assertThat(keys(secrets.signing(owner))).containsExactly(3);
  }

  @Test
  void howeverOftenASecretIsRotatedFiveSignAtMost() {
    var owner = Owner.of(acme);
    for (int i = 1; i <= 9; i++) {
      secrets.rotate(owner, HMAC, key(i), Duration.ofDays(1));
    }
    assertThat(keys(secrets.signing(owner))).containsExactly(9, 8, 7, 6, 5);
  }

  @Test
  void rotationsAtTheSameTimeLeaveOneCurrentSecret() {
    var owner = Owner.of(acme);
    secrets.ensure(owner, HMAC, key(0));
    IntStream.rangeClosed(1, 8)
        .mapToObj(i ->
            CompletableFuture.runAsync(
                () -> secrets.rotate(owner, HMAC, key(i), Duration.ofDays(1))))
        .toList()
        .forEach(CompletableFuture::join);

    assertThat(secrets.signing(owner)).filteredOn(secret -> secret.endsAt() == null).hasSize(1);
    assertThat(secrets.signing(owner)).hasSize(5);
  }

  @Test
  void eachOwnerHasItsOwn() {
    Endpoint endpoint = endpoint(acme);
    secrets.ensure(Owner.of(acme), HMAC, key(1));
    secrets.ensure(Owner.of(rival), HMAC, key(2));

    var found =
        secrets.signing(Set.of(Owner.of(acme), Owner.of(rival), Owner.of(acme, endpoint.id())));

    assertThat(found).hasSize(3);
    assertThat(keys(found.get(Owner.of(acme)))).containsExactly(1);
    assertThat(keys(found.get(Owner.of(rival)))).containsExactly(2);
    assertThat(keys(found.get(Owner.of(acme, endpoint.id())))).containsExactly(77);
    assertThat(secrets.rotate(Owner.of(rival, endpoint.id()), HMAC, key(3), Duration.ZERO))
        .isEmpty();
    assertThat(secrets.signing(Set.of())).isEmpty();
    assertThat(found.get(Owner.of(acme)).getFirst().toString()).doesNotContain("key");
  }

  @Test
  void aRotationSaysHowItsEndpointIsSignedFor() {
    Endpoint endpoint = endpoint(acme);
    secrets.rotate(Owner.of(acme, endpoint.id()), "ed25519", key(1), Duration.ofDays(1));

    assertThat(endpoints.find(acme, endpoint.id()).orElseThrow().signing()).isEqualTo("ed25519");
    assertThat(secrets.signing(Owner.of(acme, endpoint.id())))
        .extracting(Secret::signing)
        .containsExactly("ed25519", HMAC);
  }

  @Test
  void anotherTenantsEndpointIsNotThere() {
    Endpoint endpoint = endpoint(acme);

    assertThat(endpoints.find(rival, endpoint.id())).isEmpty();
    assertThat(endpoints.change(rival, endpoint.id(), new EndpointFields().url("x"))).isEmpty();
    assertThat(endpoints.pause(rival, endpoint.id())).isEmpty();
    assertThat(endpoints.resume(rival, endpoint.id())).isEmpty();
    assertThat(endpoints.delete(rival, endpoint.id())).isFalse();
    assertThat(endpoints.list(rival, Direction.NEWEST_FIRST, null, 10)).isEmpty();
    assertThat(endpoints.find(acme, endpoint.id())).contains(endpoint);
  }

  @Test
  void aPauseThatIsAskedForTwiceBeganWithTheFirst() {
    Endpoint endpoint = endpoint(acme);
    Endpoint paused = endpoints.pause(acme, endpoint.id()).orElseThrow();

    assertThat(paused.state()).isEqualTo(EndpointState.PAUSED);
    assertThat(endpoints.pause(acme, endpoint.id())).contains(paused);
    Endpoint resumed = endpoints.resume(acme, endpoint.id()).orElseThrow();
    assertThat(endpoints.resume(acme, endpoint.id())).contains(resumed);
  }

  @Test
  void noMoreThanAHundredAreMadeAtTheSameTimeEither() {
    IntStream.range(0, 97).forEach(_ -> endpoint(acme));
    long made =
        IntStream.range(0, 8)
            .mapToObj(_ ->
                CompletableFuture.supplyAsync(() -> endpoints.create(acme, fields(), HMAC, key(1))))
            .toList()
            .stream()
            .filter(future -> future.join().isPresent())
            .count();

    assertThat(made).isEqualTo(3);
    assertThat(endpoints.list(acme, Direction.OLDEST_FIRST, null, 1_000)).hasSize(100);
    assertThat(endpoint(rival)).isNotNull();
  }

  @Test
  void aDeletedEndpointTakesItsSecretsAlong() {
    Endpoint endpoint = endpoint(acme);

    assertThat(endpoints.delete(acme, endpoint.id())).isTrue();
    assertThat(secrets.signing(Owner.of(acme, endpoint.id()))).isEmpty();
    assertThat(endpoints.delete(acme, endpoint.id())).isFalse();
  }

  private Endpoint endpoint(int tenant) {
    return endpoints.create(tenant, fields(), HMAC, key(77)).orElseThrow();
  }

  private static EndpointFields fields() {
    return new EndpointFields().url("https://example.com").eventTypes(List.of("job.failed"));
  }

  private static byte[] key(int number) {
    byte[] key = new byte[32];
    key[31] = (byte) number;
    return key;
  }

  private static List<Integer> keys(List<Secret> secrets) {
    return secrets.stream().map(secret -> (int) secret.key()[31]).toList();
  }
}
