package io.millrace.db.job;

/**
 * Pieces of SQL about a {@code job} whose tenant or pool is, or was, paused. The sets are read once
 * a statement, and what was paused is worked out for those jobs alone that a pause may have met.
 */
public final class Pauses {

  /** Pools that start nothing at all; one that the platform paused may start a probe. */
  public static final String CLOSED_POOLS =
      "array(select pool from pool_pause where resumed_at is null and kind = 'manual')";

  /** Tenants whose jobs do not start. */
  public static final String PAUSED_TENANTS =
      "array(select tenant_id from tenant_pause where resumed_at is null)";

  /** Whether the job's tenant or pool is paused, by whomever. */
  static final String LASTING =
      "(tenant_id = any("
          + PAUSED_TENANTS
          + ") or pool = any(array(select pool from pool_pause where resumed_at is null)))";

  /** Up to when the job's pauses are in its deadline. */
  private static final String COUNTED_TO = "coalesce(pauses_counted_to, created_at)";

  /** Whether the job's defaulted deadline is to be put off, as far as a glance tells. */
  static final String OWED_ANY =
      """
      (expires_defaulted and (tenant_id = any(array(select tenant_id from tenant_pause))
        or pool = any(array(select pool from pool_pause where resumed_at is null))
        or exists (select from pool_pause past where past.pool = job.pool and past.resumed_at > %s)))
      """
          .formatted(COUNTED_TO);

  /** By how much the job's deadline is to be put off. */
  static final String OWED =
      "case when %s then paused_for(tenant_id, pool, %s) else interval '0' end"
          .formatted(OWED_ANY, COUNTED_TO);

  private Pauses() {}
}
