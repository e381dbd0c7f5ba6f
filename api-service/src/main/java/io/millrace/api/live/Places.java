package io.millrace.api.live;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/** How many streams may be open at once: a tenant's, so that others have room, and all together. */
final class Places {

  private static final String RETRY_AFTER_SECONDS = "5";

  private final int perTenant;
  private final int total;
  private final AtomicInteger all = new AtomicInteger();
  private final ConcurrentMap<Integer, Integer> tenants = new ConcurrentHashMap<>();

  Places(int perTenant, int total) {
    this.perTenant = perTenant;
    this.total = total;
  }

  /** A taken place, given back when closed. */
  interface Place extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Takes a place.
   *
   * @throws Refused with 429 where the tenant, with 503 where the process has too many
   */
  Place take(int tenantId) {
    if (all.incrementAndGet() > total) {
      all.decrementAndGet();
      throw new Refused(
          Problem.overloaded(
              Problem.Reason.STREAMS,
              "This server has as many event streams open as it may",
              Integer.parseInt(RETRY_AFTER_SECONDS)));
    }
    if (tenants.merge(tenantId, 1, Integer::sum) > perTenant) {
      leave(tenantId);
      throw new Refused(
          new Problem(
              429,
              "rate_limit_error",
              "At most %d event streams may be open at once; one stream of /v1/events tells of all jobs"
                  .formatted(perTenant),
              Map.of("retry-after", RETRY_AFTER_SECONDS)));
    }
    return () -> leave(tenantId);
  }

  private void leave(int tenantId) {
    tenants.computeIfPresent(tenantId, (same, open) -> open == 1 ? null : open - 1);
    all.decrementAndGet();
  }
}
