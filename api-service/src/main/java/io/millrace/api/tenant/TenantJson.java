package io.millrace.api.tenant;

import io.millrace.db.tenant.Tenant;
import io.millrace.wire.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** Writes the tenant object and lists of it. */
public final class TenantJson {

  private TenantJson() {}

  /** The tenant as the operator sees it. */
  public static byte[] write(Tenant tenant) {
    return new JsonWriter()
        .text("id", tenant.name())
        .text("type", "tenant")
        .time("created_at", tenant.createdAt())
        .time("paused_at", tenant.pausedAt())
        .number("keys", tenant.keys())
        .finish();
  }

  static byte[] write(List<Tenant> tenants, boolean more) {
    String data =
        tenants.stream()
            .map(tenant -> new String(write(tenant), StandardCharsets.UTF_8))
            .collect(Collectors.joining(",", "[", "]"));
    return new JsonWriter()
        .raw("data", data.getBytes(StandardCharsets.UTF_8))
        .bool("has_more", more)
        .text("first_id", tenants.isEmpty() ? null : tenants.getFirst().name())
        .text("last_id", tenants.isEmpty() ? null : tenants.getLast().name())
        .finish();
  }
}
