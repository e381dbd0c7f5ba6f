package io.millrace.simulator.fault;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which calls meet a fault.
 *
 * @param times how many calls at most
 * @param share the probability for each call that the rule fits
 * @param retryAfter what a rate limit tells the client to wait
 * @param model only calls for this model; null: any
 * @param job only calls with this {@code x-millrace-job}; null: any
 * @param on only these calls of the Message Batches endpoints; empty: messages and count_tokens
 */
public record FaultRule(
    Fault fault,
    long times,
    double share,
    Duration retryAfter,
    @Nullable String model,
    @Nullable String job,
    Set<BatchCall> on) {
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  public FaultRule {
    on = Set.copyOf(on);
    if (times < 1 || share <= 0 || share > 1) {
      throw new IllegalArgumentException("a fault needs times >= 1 and a share in (0, 1]");
    }
  }

  public static FaultRule always(Fault fault) {
    return new FaultRule(fault, Long.MAX_VALUE, 1, RETRY_AFTER, null, null, Set.of());
  }

  public static FaultRule next(long calls, Fault fault) {
    return always(fault).times(calls);
  }

  /**
   * Reads {@code "<fault> [once | <n> | <p>%] [retry-after=<seconds>]"}, for instance {@code
   * "overloaded 2"}, {@code "reset 10%"} or {@code "rate_limited once retry-after=3"}.
   */
  public static FaultRule parse(String text) {
    String[] words = text.strip().split("\\s+", -1);
    FaultRule rule = always(Fault.named(words[0]));
    for (int i = 1; i < words.length; i++) {
      rule = rule.withWord(words[i]);
    }
    return rule;
  }

  private FaultRule withWord(String word) {
    try {
      if (word.equals("once")) {
        return times(1);
      } else if (word.endsWith("%")) {
        return share(Double.parseDouble(word.substring(0, word.length() - 1)) / 100);
      } else if (word.startsWith("retry-after=")) {
        return retryAfter(
            Duration.ofSeconds(Long.parseLong(word.substring("retry-after=".length()))));
      }
      return times(Long.parseLong(word));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'" + word + "' is none of: once, a number, a percentage, retry-after=<seconds>", e);
    }
  }

  public FaultRule times(long calls) {
    return new FaultRule(fault, calls, share, retryAfter, model, job, on);
  }

  public FaultRule share(double probability) {
    return new FaultRule(fault, times, probability, retryAfter, model, job, on);
  }

  public FaultRule retryAfter(Duration wait) {
    return new FaultRule(fault, times, share, wait, model, job, on);
  }

  public FaultRule forModel(@Nullable String only) {
    return new FaultRule(fault, times, share, retryAfter, only, job, on);
  }

  public FaultRule forJob(@Nullable String only) {
    return new FaultRule(fault, times, share, retryAfter, model, only, on);
  }

  /** Strikes these calls of the Message Batches endpoints instead of messages. */
  public FaultRule on(BatchCall... calls) {
    return new FaultRule(fault, times, share, retryAfter, model, job, Set.of(calls));
  }

  boolean fits(@Nullable String callModel, @Nullable String callJob) {
    return on.isEmpty()
        && (model == null || model.equals(callModel))
        && (job == null || job.equals(callJob));
  }
}
