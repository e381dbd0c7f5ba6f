package io.millrace.worker.deliver;

import io.millrace.db.webhook.ClaimedDelivery;
import io.millrace.db.webhook.Secrets;
import io.millrace.db.webhook.Secrets.Owner;
import io.millrace.webhook.sign.Signing;
import io.millrace.webhook.sign.SigningKey;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What messages are signed with: the current key first, then those that are rotated out. */
final class SigningKeys {

  private final Secrets secrets;
  private final SecureRandom random;

  SigningKeys(Secrets secrets, SecureRandom random) {
    this.secrets = secrets;
    this.random = random;
  }

  /** Whose key signs a delivery. */
  static Owner owner(ClaimedDelivery delivery) {
    return new Owner(delivery.tenantId(), delivery.endpointId());
  }

  /**
   * The keys for these deliveries. A tenant whose jobs name URLs before anybody asked for its
   * secret gets one now; an endpoint without one is being deleted.
   */
  Map<Owner, List<SigningKey>> of(List<ClaimedDelivery> deliveries) {
    var owners = deliveries.stream().map(SigningKeys::owner).collect(Collectors.toSet());
    Map<Owner, List<SigningKey>> keys = new HashMap<>();
    secrets.signing(owners).forEach((owner, found) -> keys.put(owner, keys(found)));
    for (Owner owner : owners) {
      if (!keys.containsKey(owner) && owner.endpointId() == null) {
        var fresh = SigningKey.create(Signing.HMAC, random);
        keys.put(owner, keys(secrets.ensure(owner, fresh.signing().wireName(), fresh.bytes())));
      }
    }
    return keys;
  }

  private static List<SigningKey> keys(List<Secrets.Secret> found) {
    return found.stream()
        .map(secret -> SigningKey.of(Signing.parse(secret.signing()).orElseThrow(), secret.key()))
        .toList();
  }
}
