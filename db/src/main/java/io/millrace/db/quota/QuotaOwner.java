package io.millrace.db.quota;

import org.jspecify.annotations.Nullable;

/**
 * Whose quota it is.
 *
 * @param userId null for the tenant as a whole
 */
public record QuotaOwner(int tenantId, @Nullable String userId) {}
