package io.millrace.model;

import io.millrace.money.UsageKind;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One row of the price table. A price that nobody has confirmed is not in it.
 *
 * @param from the first day (UTC) of the row; null for as long as the model is there
 * @param longestPrompt the longest prompt of the band
 * @param tag tells the row of an operator's own from the one that Millrace ships
 */
record Price(
    String model,
    @Nullable LocalDate from,
    long longestPrompt,
    String speed,
    Map<Rate, BigDecimal> rates,
    @Nullable String tag) {

  static final String STANDARD = "standard";
  static final String FAST = "fast";

  /** What has a price of its own, in the order of the table's columns. */
  enum Rate {
    INPUT("input"),
    OUTPUT("output"),
    WRITE_5M("cache-write-5m"),
    WRITE_1H("cache-write-1h"),
    READ("cache-read"),
    BATCH_INPUT("batch-input"),
    BATCH_OUTPUT("batch-output");

    private final String key;

    Rate(String key) {
      this.key = key;
    }

    /** The name in the configuration. */
    String key() {
      return key;
    }
  }

  Price {
    rates = Map.copyOf(rates);
  }

  /** Names this row in cost rows, for example {@code claude-sonnet-5-5@2026-10-07}. */
  String version() {
    String name = model + "@" + (from == null ? ModelTable.FROM_START : from);
    name += longestPrompt == Long.MAX_VALUE ? "" : "/" + longestPrompt;
    name += STANDARD.equals(speed) ? "" : "/" + speed;
    return tag == null ? name : name + "+" + tag;
  }

  boolean appliesAt(Instant at) {
    return from == null || !at.isBefore(from.atStartOfDay(ZoneOffset.UTC).toInstant());
  }

  boolean appliesOn(LocalDate day) {
    return from == null || !from.isAfter(day);
  }

  LocalDate since() {
    return from == null ? LocalDate.MIN : from;
  }

  @Nullable BigDecimal rate(Rate rate) {
    return rates.get(rate);
  }

  @Nullable BigDecimal of(UsageKind kind, boolean batch, Modifiers modifiers) {
    return switch (kind) {
      case INPUT -> rate(batch ? Rate.BATCH_INPUT : Rate.INPUT);
      case OUTPUT -> rate(batch ? Rate.BATCH_OUTPUT : Rate.OUTPUT);
      case CACHE_WRITE_5M -> cached(Rate.WRITE_5M, batch, modifiers);
      case CACHE_WRITE_1H -> cached(Rate.WRITE_1H, batch, modifiers);
      case CACHE_READ -> cached(Rate.READ, batch, modifiers);
      case WEB_SEARCH -> modifiers.webSearchPerMillion();
    };
  }

  // A row without a batch price is of a mode that batches do not have.
  private @Nullable BigDecimal cached(Rate rate, boolean batch, Modifiers modifiers) {
    BigDecimal price = rate(rate);
    if (price == null || !batch) {
      return price;
    }
    return rates.containsKey(Rate.BATCH_INPUT) ? price.multiply(modifiers.batchCache()) : null;
  }

  Price with(Map<Rate, BigDecimal> changed) {
    var all = new EnumMap<Rate, BigDecimal>(Rate.class);
    all.putAll(rates);
    all.putAll(changed);
    return new Price(model, from, longestPrompt, speed, all, tag);
  }

  Price startingOn(LocalDate day) {
    return new Price(model, day, longestPrompt, speed, rates, tag);
  }

  Price upTo(long prompt) {
    return new Price(model, from, prompt, speed, rates, tag);
  }

  Price tagged(String mark) {
    return new Price(model, from, longestPrompt, speed, rates, mark);
  }

  /** What the table's last section says. */
  record Modifiers(BigDecimal us, BigDecimal batchCache, BigDecimal webSearchPerThousand) {

    BigDecimal webSearchPerMillion() {
      return webSearchPerThousand.movePointRight(3);
    }
  }
}
