package io.millrace.db.tenant;

/** For whom a key speaks. */
public record Principal(int tenantId, String tenant, Role role) {}
