package io.millrace.simulator.fault;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides which fault a call meets: first what the call itself asks for, then the rules that were
 * set from outside, in their order.
 *
 * <p>"Once" in a call's own text means once for each job (or prompt), so that a retry of the same
 * job gets through.
 */
public final class FaultPlan {
  private static final int MAX_KEYS = 200_000;

  private static final class Active {
    private FaultRule rule;

    private Active(FaultRule rule) {
      this.rule = rule;
    }
  }

  private final List<Active> rules = new ArrayList<>();
  private final RandomGenerator random;

  private final Map<String, Long> struck =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > MAX_KEYS;
        }
      };

  public FaultPlan(RandomGenerator random) {
    this.random = random;
  }

  public void add(FaultRule rule) {
    rules.add(new Active(rule));
  }

  /** The rules set from outside, with what is left of their times. */
  public List<FaultRule> active() {
    return rules.stream().map(active -> active.rule).toList();
  }

  public void clear() {
    rules.clear();
    struck.clear();
  }

  /**
   * The rule that strikes this call, used up by one.
   *
   * @param key what the call's own counted faults are counted by
   */
  public Optional<FaultRule> strike(
      Script script, String key, @Nullable String model, @Nullable String job) {
    return strikeOwn(script, key).or(() -> strikeFirst(rule -> rule.fits(model, job)));
  }

  /** As {@link #strike} for a call of the Message Batches endpoints. */
  public Optional<FaultRule> strike(Script script, String key, BatchCall call) {
    return strikeOwn(script, key).or(() -> strikeFirst(rule -> rule.on().contains(call)));
  }

  /** As {@link #strike}, by what the text itself asks for only. */
  public Optional<FaultRule> strikeOwn(Script script, String key) {
    for (int i = 0; i < script.faults().size(); i++) {
      FaultRule rule = script.faults().get(i);
      String counted = key + '#' + i;
      if (struck.getOrDefault(counted, 0L) < rule.times() && hits(rule)) {
        if (rule.times() < Long.MAX_VALUE) {
          struck.merge(counted, 1L, Long::sum);
        }
        return Optional.of(rule);
      }
    }
    return Optional.empty();
  }

  private Optional<FaultRule> strikeFirst(Predicate<FaultRule> fits) {
    for (Iterator<Active> each = rules.iterator(); each.hasNext(); ) {
      Active active = each.next();
      FaultRule rule = active.rule;
      if (fits.test(rule) && hits(rule)) {
        if (rule.times() == 1) {
          each.remove();
        } else if (rule.times() < Long.MAX_VALUE) {
          active.rule = rule.times(rule.times() - 1);
        }
        return Optional.of(rule);
      }
    }
    return Optional.empty();
  }

  private boolean hits(FaultRule rule) {
    return rule.share() >= 1 || random.nextDouble() < rule.share();
  }
}
