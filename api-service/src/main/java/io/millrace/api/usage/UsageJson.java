package io.millrace.api.usage;

import io.millrace.db.usage.UsageSum;
import io.millrace.wire.JsonWriter;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes sums of usage. */
final class UsageJson {

  private UsageJson() {}

  static byte[] write(UsageParameters asked, List<UsageSum> sums) {
    var json =
        new JsonWriter()
            .text("type", "usage")
            .time("from", asked.from())
            .time("to", asked.to())
            .texts("group_by", asked.groupBy().stream().map(by -> by.wireName()).toList())
            .list("data");
    for (UsageSum sum : sums) {
      json.object();
      for (int i = 0; i < asked.groupBy().size(); i++) {
        json.text(asked.groupBy().get(i).wireName(), sum.group().get(i));
      }
      write(json, sum);
      json.end();
    }
    json.endList().object("total");
    write(json, sums.stream().reduce(UsageSum.NONE, UsageSum::plus));
    return json.end().finish();
  }

  private static void write(JsonWriter json, UsageSum sum) {
    json.number("calls", sum.calls())
        .number("unpriced_calls", sum.unpricedCalls())
        .number("suspected_calls", sum.suspectedCalls())
        .number("unpriced_suspected_calls", sum.unpricedSuspectedCalls())
        .object("usage")
        .number("input_tokens", sum.inputTokens())
        .number("output_tokens", sum.outputTokens())
        .number("cache_read_input_tokens", sum.cacheReadTokens())
        .number("cache_creation_input_tokens", sum.cacheWrite5mTokens() + sum.cacheWrite1hTokens())
        .object("cache_creation")
        .number("ephemeral_5m_input_tokens", sum.cacheWrite5mTokens())
        .number("ephemeral_1h_input_tokens", sum.cacheWrite1hTokens())
        .end()
        .object("server_tool_use")
        .number("web_search_requests", sum.webSearches())
        .end()
        .end()
        .object("cost")
        .text("currency", "USD")
        .money("amount", known(sum.amount(), sum.calls(), sum.unpricedCalls()))
        .money(
            "suspected", known(sum.suspected(), sum.suspectedCalls(), sum.unpricedSuspectedCalls()))
        .end();
  }

  /** The price of nothing is zero; that of calls none of which has a price is not. */
  private static @Nullable BigDecimal known(BigDecimal amount, long calls, long unpriced) {
    return unpriced > 0 && unpriced == calls ? null : amount;
  }
}
