package io.millrace.db.webhook;

import io.millrace.delivery.EndpointId;
import io.millrace.delivery.EndpointState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a tenant wants its events sent.
 *
 * @param url as it was given; to be judged anew before it is used
 * @param features of whose jobs; null for all
 * @param signing how messages to it are signed, in the word that its secrets have too
 * @param disabledReason why Millrace gave it up; null where it did not
 * @param stateSince since when its state is what it is
 * @param failingSince the first failure since the last success
 */
public record Endpoint(
    EndpointId id,
    String url,
    @Nullable String description,
    List<String> eventTypes,
    @Nullable List<String> features,
    boolean includeBatchItems,
    String signing,
    EndpointState state,
    @Nullable String disabledReason,
    Instant stateSince,
    @Nullable Instant failingSince,
    @Nullable Instant lastSuccessAt,
    Instant createdAt) {}
