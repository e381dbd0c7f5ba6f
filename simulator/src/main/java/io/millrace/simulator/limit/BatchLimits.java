package io.millrace.simulator.limit;

/**
 * Limits of the Message Batches endpoints, which draw on no pool of a model.
 *
 * @param requests calls of these endpoints per minute
 * @param queued requests in batches that have not been processed yet
 */
public record BatchLimits(long requests, long queued) {
  public static final BatchLimits NONE =
      new BatchLimits(PoolLimits.UNLIMITED, PoolLimits.UNLIMITED);
}
