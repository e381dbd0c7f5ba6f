package io.millrace.db.webhook;

import io.millrace.delivery.DeliveryId;
import io.millrace.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A delivery in a worker's hands until its lease is over.
 *
 * @param fence the number of the claim: what is recorded under another changes nothing
 * @param endpointId null for the URL that a job names
 * @param destination what shares a fate
 * @param url where to; null where the endpoint is gone
 * @param body what is sent; null where no attempt failed yet and it is still to be rendered
 * @param attempts all attempts so far
 * @param tries those of them that the schedule counts
 * @param age how long ago its event was committed
 */
public record ClaimedDelivery(
    DeliveryId id,
    int fence,
    int tenantId,
    @Nullable UUID endpointId,
    UUID destination,
    @Nullable String url,
    String eventType,
    Instant occurredAt,
    @Nullable JobId jobId,
    byte @Nullable [] body,
    int attempts,
    int tries,
    Duration age) {}
