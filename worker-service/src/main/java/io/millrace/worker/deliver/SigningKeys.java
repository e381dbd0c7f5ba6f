package io.millrace.worker.deliver;

import io.millrace.webhook.sign.SigningKey;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What messages are signed with: the current key first, then those that are rotated out. */
@FunctionalInterface
interface SigningKeys {

  /** Those of an endpoint, or the tenant's own where there is none. */
  List<SigningKey> of(int tenantId, @Nullable UUID endpointId);
}
