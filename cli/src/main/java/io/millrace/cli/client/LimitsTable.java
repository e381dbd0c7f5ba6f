package io.millrace.cli.client;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Pools as people read them: what is used of which limit, what waits, and what holds it. */
final class LimitsTable {

  private LimitsTable() {}

  static List<String> lines(List<Map<?, ?>> pools) {
    var table =
        new Table(
            "POOL",
            "STATUS",
            "REQUESTS",
            "INPUT TOKENS",
            "OUTPUT TOKENS",
            "RUNNING",
            "WAITING",
            "QUEUED",
            "STARTS/S",
            "WAITS FOR");
    for (Map<?, ?> pool : pools) {
      table.row(
          pool.get("id"),
          pool.get("status"),
          used(pool, "requests"),
          used(pool, "input_tokens"),
          used(pool, "output_tokens"),
          pool.get("calls_in_flight"),
          sum(pool, "waiting"),
          sum(pool, "queued"),
          pool.get("starts_per_second"),
          pool.get("waits_for"));
    }
    return table.lines(true);
  }

  /** Whether there is nothing to see. */
  static boolean isUnused(Map<?, ?> pool) {
    return pool.get("updated_at") == null
        && "open".equals(pool.get("status"))
        && sum(pool, "queued").signum() == 0;
  }

  /** What a reader must know beside the table. */
  static Stream<String> remarks(Map<?, ?> pool) {
    List<String> remarks = new ArrayList<>();
    if (pool.get("pauses") instanceof List<?> pauses) {
      for (Object each : pauses) {
        if (each instanceof Map<?, ?> pause) {
          remarks.add(remark(pool, pause));
        }
      }
    }
    if (pool.get("blocked_until") != null) {
      remarks.add(
          "Pool %s starts nothing until %s: %s."
              .formatted(
                  pool.get("id"),
                  Table.time(pool.get("blocked_until")),
                  printable(pool.get("blocked_by"))));
    }
    return remarks.stream();
  }

  private static String remark(Map<?, ?> pool, Map<?, ?> pause) {
    boolean manual = "manual".equals(pause.get("kind"));
    return "Pool %s is paused %s since %s: %s.%s"
        .formatted(
            pool.get("id"),
            manual ? "by hand" : "because the account is refused,",
            Table.time(pause.get("paused_at")),
            printable(pause.get("reason")),
            manual ? "" : " It is probed at %s.".formatted(Table.time(pause.get("next_probe_at"))));
  }

  /** Used of the limit per minute, or null where there is no limit. */
  private static @Nullable Object used(Map<?, ?> pool, String dimension) {
    Object limit = Table.at(pool, dimension, "limit_per_minute");
    return limit == null ? null : number(Table.at(pool, dimension, "used")) + "/" + number(limit);
  }

  private static String number(@Nullable Object value) {
    return value instanceof BigDecimal number ? number.toPlainString() : "?";
  }

  private static BigDecimal sum(Map<?, ?> pool, String field) {
    BigDecimal sum = BigDecimal.ZERO;
    if (pool.get(field) instanceof Map<?, ?> lanes) {
      for (Object jobs : lanes.values()) {
        sum = jobs instanceof BigDecimal number ? sum.add(number) : sum;
      }
    }
    return sum;
  }

  /** Reasons are an operator's words and must not move a terminal's cursor. */
  private static String printable(@Nullable Object text) {
    return String.valueOf(text).replaceAll("\\p{Cntrl}", "?");
  }
}
