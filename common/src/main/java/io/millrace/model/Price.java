package io.millrace.model;

import io.millrace.money.UsageKind;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** One row of the price table. A price that nobody has confirmed is null. */
record Price(
    String model,
    @Nullable LocalDate from,
    long longestPrompt,
    String speed,
    @Nullable BigDecimal input,
    @Nullable BigDecimal output,
    @Nullable BigDecimal write5m,
    @Nullable BigDecimal write1h,
    @Nullable BigDecimal read,
    @Nullable BigDecimal batchInput,
    @Nullable BigDecimal batchOutput) {

  /** Names this row in cost rows, for example {@code claude-sonnet-5-5@2026-10-07}. */
  String version() {
    String name = model + "@" + (from == null ? ModelTable.FROM_START : from);
    name += longestPrompt == Long.MAX_VALUE ? "" : "/" + longestPrompt;
    return "standard".equals(speed) ? name : name + "/" + speed;
  }

  boolean appliesAt(Instant at) {
    return from == null || !at.isBefore(from.atStartOfDay(ZoneOffset.UTC).toInstant());
  }

  @Nullable BigDecimal of(UsageKind kind, boolean batch, Modifiers modifiers) {
    return switch (kind) {
      case INPUT -> batch ? batchInput : input;
      case OUTPUT -> batch ? batchOutput : output;
      case CACHE_WRITE_5M -> inBatch(write5m, batch, modifiers);
      case CACHE_WRITE_1H -> inBatch(write1h, batch, modifiers);
      case CACHE_READ -> inBatch(read, batch, modifiers);
      case WEB_SEARCH -> modifiers.webSearchPerMillion();
    };
  }

  private static @Nullable BigDecimal inBatch(
      @Nullable BigDecimal price, boolean batch, Modifiers modifiers) {
    return price == null || !batch ? price : price.multiply(modifiers.batchCache());
  }

  /** What the table's last section says. */
  record Modifiers(BigDecimal us, BigDecimal batchCache, BigDecimal webSearchPerThousand) {

    BigDecimal webSearchPerMillion() {
      return webSearchPerThousand.movePointRight(3);
    }
  }
}
