package io.millrace.simulator.fault;

import org.jspecify.annotations.Nullable;

/**
 * Which batches, or which items of batches, meet a fault.
 *
 * @param times how many at most
 * @param share the probability for each that the rule fits
 * @param customId only items of this {@code custom_id}; null: any
 */
public record BatchFaultRule(
    BatchFault fault, long times, double share, @Nullable String customId) {
  public BatchFaultRule {
    if (times < 1 || share <= 0 || share > 1) {
      throw new IllegalArgumentException("a fault needs times >= 1 and a share in (0, 1]");
    }
    if (customId != null && !fault.ofItem()) {
      throw new IllegalArgumentException(fault.wireName() + " strikes batches, not an item");
    }
  }

  public static BatchFaultRule always(BatchFault fault) {
    return new BatchFaultRule(fault, Long.MAX_VALUE, 1, null);
  }

  public static BatchFaultRule next(long times, BatchFault fault) {
    return always(fault).times(times);
  }

  public BatchFaultRule times(long most) {
    return new BatchFaultRule(fault, most, share, customId);
  }

  public BatchFaultRule share(double probability) {
    return new BatchFaultRule(fault, times, probability, customId);
  }

  public BatchFaultRule forItem(@Nullable String only) {
    return new BatchFaultRule(fault, times, share, only);
  }
}
