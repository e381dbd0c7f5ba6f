package io.millrace.db.usage;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a group of calls used and cost.
 *
 * @param group its values of the dimensions that were asked for, in their order
 * @param calls those that were answered, and therefore charged
 * @param unpricedCalls those of them whose price is not known
 * @param amount US dollars of the priced calls
 * @param suspectedCalls those that may have been charged without an answer
 * @param unpricedSuspectedCalls those of them whose price is not known
 * @param suspected US dollars of the priced suspicions
 */
public record UsageSum(
    List<@Nullable String> group,
    long calls,
    long unpricedCalls,
    long inputTokens,
    long outputTokens,
    long cacheReadTokens,
    long cacheWrite5mTokens,
    long cacheWrite1hTokens,
    long webSearches,
    BigDecimal amount,
    long suspectedCalls,
    long unpricedSuspectedCalls,
    BigDecimal suspected) {

  /** Of nothing. */
  public static final UsageSum NONE =
      new UsageSum(List.of(), 0, 0, 0, 0, 0, 0, 0, 0, BigDecimal.ZERO, 0, 0, BigDecimal.ZERO);

  /** Both together, as a group of no dimension. */
  public UsageSum plus(UsageSum other) {
    return new UsageSum(
        new ArrayList<>(),
        calls + other.calls,
        unpricedCalls + other.unpricedCalls,
        inputTokens + other.inputTokens,
        outputTokens + other.outputTokens,
        cacheReadTokens + other.cacheReadTokens,
        cacheWrite5mTokens + other.cacheWrite5mTokens,
        cacheWrite1hTokens + other.cacheWrite1hTokens,
        webSearches + other.webSearches,
        amount.add(other.amount),
        suspectedCalls + other.suspectedCalls,
        unpricedSuspectedCalls + other.unpricedSuspectedCalls,
        suspected.add(other.suspected));
  }
}
