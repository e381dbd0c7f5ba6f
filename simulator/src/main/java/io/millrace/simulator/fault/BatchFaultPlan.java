package io.millrace.simulator.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Decides which fault a batch meets when it is created, and each item when it is processed. */
public final class BatchFaultPlan {
  private final List<BatchFaultRule> rules = new ArrayList<>();
  private final RandomGenerator random;

  public BatchFaultPlan(RandomGenerator random) {
    this.random = random;
  }

  public void add(BatchFaultRule rule) {
    rules.add(rule);
  }

  /** The rules in force, with what is left of their times. */
  public List<BatchFaultRule> active() {
    return List.copyOf(rules);
  }

  public void clear() {
    rules.clear();
  }

  /** The fault of a batch that has just been created, used up by one. */
  public Optional<BatchFault> strikeBatch() {
    return strike(null);
  }

  /** The fault of an item, used up by one. */
  public Optional<BatchFault> strikeItem(String customId) {
    return strike(customId);
  }

  private Optional<BatchFault> strike(@Nullable String customId) {
    for (int i = 0; i < rules.size(); i++) {
      BatchFaultRule rule = rules.get(i);
      boolean fits =
          rule.fault().ofItem() == (customId != null)
              && (rule.customId() == null || rule.customId().equals(customId));
      if (fits && (rule.share() >= 1 || random.nextDouble() < rule.share())) {
        if (rule.times() == 1) {
          rules.remove(i);
        } else if (rule.times() < Long.MAX_VALUE) {
          rules.set(i, rule.times(rule.times() - 1));
        }
        return Optional.of(rule.fault());
      }
    }
    return Optional.empty();
  }
}
