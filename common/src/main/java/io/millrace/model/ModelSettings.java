package io.millrace.model;

import io.millrace.model.Model.Lifecycle;
import io.millrace.model.Price.Rate;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the operator's configuration says of one model: settings that are named replace what the
 * table says, the rest stays.
 */
final class ModelSettings {
  static final String POOL = "pool";
  static final String CONTEXT = "context-tokens";
  static final String MAX_OUTPUT = "max-output-tokens";
  static final String MIN_CACHEABLE = "min-cacheable-tokens";
  static final String US_SURCHARGE = "us-surcharge";
  static final String RETIRES = "retires";
  static final String FROM = "from";
  static final String LONGEST_PROMPT = "longest-prompt";
  static final String LONG_PROMPT = "long-prompt.";
  static final String FAST = "fast.";

  private static final int NEWER_TOKENIZER = 2;
  private static final List<String> KEYS = keys();

  private final String id;
  private final @Nullable Model known;
  private final TreeMap<String, String> values = new TreeMap<>();
  private final Map<String, String> written = new HashMap<>();

  private ModelSettings(String id, @Nullable Model known) {
    this.id = id;
    this.known = known;
  }

  /** Sorts settings by model, under the id that the table knows it by. */
  static List<ModelSettings> read(
      Map<String, String> settings, Map<String, Model> models, Map<String, String> aliases) {
    Map<String, ModelSettings> read = new LinkedHashMap<>();
    new TreeMap<>(settings)
        .forEach((written, value) -> {
          String key = key(written);
          String name = written.substring(0, written.length() - key.length() - 1);
          // An environment variable has dots for all that is neither letter nor digit.
          String dashed = name.contains("-") ? name : name.replace('.', '-');
          String id = aliases.getOrDefault(dashed, dashed);
          var model = read.computeIfAbsent(id, each -> new ModelSettings(each, models.get(each)));
          if (model.values.put(key, value.strip()) != null) {
            throw new UnusableModelSetting(written, "is set twice, under two names of the model");
          }
          model.written.put(key, written);
        });
    return List.copyOf(read.values());
  }

  private static String key(String written) {
    boolean variable = !written.contains("-");
    return KEYS.stream()
        .filter(key -> written.length() > key.length() + 1)
        .filter(key -> written.endsWith("." + (variable ? key.replace('-', '.') : key)))
        .max(Comparator.comparingInt(String::length))
        .orElseThrow(() ->
            new UnusableModelSetting(
                written, "is not known; a model's settings are " + String.join(", ", KEYS)));
  }

  private static List<String> keys() {
    List<String> keys =
        new ArrayList<>(
            List.of(
                POOL,
                CONTEXT,
                MAX_OUTPUT,
                MIN_CACHEABLE,
                US_SURCHARGE,
                RETIRES,
                FROM,
                LONGEST_PROMPT));
    Stream.of("", LONG_PROMPT, FAST)
        .flatMap(prefix -> Stream.of(Rate.values()).map(rate -> prefix + rate.key()))
        .forEach(keys::add);
    return List.copyOf(keys);
  }

  String id() {
    return id;
  }

  /** The model with these settings. */
  Model model() {
    Model base =
        known == null
            ? new Model(
                id, id, null, null, null, NEWER_TOKENIZER, true, Lifecycle.ACTIVE, null, null)
            : known;
    LocalDate retires = date(RETIRES);
    return new Model(
        id,
        values.getOrDefault(POOL, base.pool()),
        tokens(CONTEXT, base.contextTokens()),
        tokens(MAX_OUTPUT, base.maxOutputTokens()),
        tokens(MIN_CACHEABLE, base.minCacheableTokens()),
        base.tokenizer(),
        yes(US_SURCHARGE, base.usSurcharge()),
        retires == null ? base.lifecycle() : Lifecycle.DEPRECATED,
        retires == null ? base.retires() : retires,
        base.notBefore());
  }

  /** All prices, those of this model as these settings say. */
  List<Price> reprice(List<Price> prices) {
    var rates = rates("");
    var longRates = rates(LONG_PROMPT);
    var fastRates = rates(FAST);
    Long border = border();
    boolean standard = !rates.isEmpty() || !longRates.isEmpty() || border != null;
    List<Price> repriced = new ArrayList<>();
    for (Price price : prices) {
      boolean replaced =
          price.model().equals(id)
              && (price.speed().equals(Price.STANDARD) ? standard : !fastRates.isEmpty());
      if (!replaced) {
        repriced.add(
            price.model().equals(id) && values.containsKey(US_SURCHARGE) ? tagged(price) : price);
      }
    }
    if (standard) {
      repriced.addAll(changed(prices, Price.STANDARD, rates, longRates, border));
    }
    if (!fastRates.isEmpty()) {
      repriced.addAll(changed(prices, Price.FAST, fastRates, Map.of(), null));
    }
    if (values.containsKey(FROM) && !standard && fastRates.isEmpty()) {
      throw wrong(FROM, "says from when prices hold, but there are none");
    }
    return List.copyOf(repriced);
  }

  private List<Price> changed(
      List<Price> prices,
      String speed,
      Map<Rate, BigDecimal> rates,
      Map<Rate, BigDecimal> longRates,
      @Nullable Long border) {
    List<Price> built =
        prices.stream()
            .filter(price -> price.model().equals(id) && price.speed().equals(speed))
            .toList();
    LocalDate from = date(FROM);
    List<Price> result = new ArrayList<>();
    List<Price> base = built;
    if (from != null) {
      built.stream().filter(price -> price.since().isBefore(from)).forEach(result::add);
      base = inForce(built, from).stream().map(price -> price.startingOn(from)).toList();
    }
    if (base.isEmpty()) {
      base = List.of(new Price(id, from, Long.MAX_VALUE, speed, Map.of(), null));
    }
    boolean banded = border != null || base.stream().anyMatch(ModelSettings::isShort);
    if (!longRates.isEmpty() && !banded) {
      throw wrong(
          LONG_PROMPT + longRates.keySet().iterator().next().key(),
          "the model has one price for all prompts; say up to which by " + LONGEST_PROMPT);
    }
    for (Price price : border == null ? base : split(base, border)) {
      boolean shortPrompt = !banded || isShort(price);
      result.add(tagged(complete(price.with(shortPrompt ? rates : longRates), speed)));
    }
    return result;
  }

  private static boolean isShort(Price price) {
    return price.longestPrompt() != Long.MAX_VALUE;
  }

  private static List<Price> inForce(List<Price> rows, LocalDate day) {
    LocalDate since =
        rows.stream()
            .filter(price -> price.appliesOn(day))
            .map(Price::since)
            .max(LocalDate::compareTo)
            .orElse(LocalDate.MIN);
    return rows.stream().filter(price -> price.since().equals(since)).toList();
  }

  private static List<Price> split(List<Price> rows, long border) {
    List<Price> split = new ArrayList<>();
    for (Price price : rows) {
      if (isShort(price)) {
        split.add(price.upTo(border));
      } else {
        split.add(price);
        boolean paired =
            rows.stream().anyMatch(row -> isShort(row) && row.since().equals(price.since()));
        if (!paired) {
          split.add(price.upTo(border));
        }
      }
    }
    return split;
  }

  private Price complete(Price price, String speed) {
    for (Rate rate : List.of(Rate.INPUT, Rate.OUTPUT)) {
      if (price.rate(rate) == null) {
        String prefix = speed.equals(Price.FAST) ? FAST : "";
        throw new UnusableModelSetting(
            id + "." + prefix + rate.key(),
            "is not set: a model that the catalogue has no price of needs both input and output");
      }
    }
    return price;
  }

  // Whatever is set is in the mark: the same settings give the same version, others another.
  private Price tagged(Price price) {
    var settings = new TreeMap<>(values);
    settings.keySet().removeAll(List.of(POOL, CONTEXT, MAX_OUTPUT, MIN_CACHEABLE, RETIRES));
    return price.tagged("own-%08x".formatted(settings.toString().hashCode()));
  }

  private Map<Rate, BigDecimal> rates(String prefix) {
    var rates = new EnumMap<Rate, BigDecimal>(Rate.class);
    for (Rate rate : Rate.values()) {
      String value = values.get(prefix + rate.key());
      if (value != null) {
        rates.put(rate, amount(prefix + rate.key(), value));
      }
    }
    return rates;
  }

  private BigDecimal amount(String key, String value) {
    try {
      var amount = new BigDecimal(value);
      if (amount.signum() > 0 && amount.scale() <= 12 && amount.precision() <= 24) {
        return amount;
      }
    } catch (NumberFormatException word) {
      // As wrong as a number out of bounds.
    }
    throw wrong(key, "should be dollars for a million tokens, above zero, not '" + value + "'");
  }

  private @Nullable Long border() {
    Integer tokens = tokens(LONGEST_PROMPT, null);
    return tokens == null ? null : Long.valueOf(tokens);
  }

  private @Nullable Integer tokens(String key, @Nullable Integer otherwise) {
    String value = values.get(key);
    if (value == null) {
      return otherwise;
    }
    try {
      int tokens = Integer.parseInt(value);
      if (tokens > 0) {
        return tokens;
      }
    } catch (NumberFormatException word) {
      // As wrong as a number out of bounds.
    }
    throw wrong(key, "should be a number of tokens, not '" + value + "'");
  }

  private boolean yes(String key, boolean otherwise) {
    return switch (values.get(key)) {
      case null -> otherwise;
      case "true" -> true;
      case "false" -> false;
      case String other -> throw wrong(key, "should be true or false, not '" + other + "'");
    };
  }

  private @Nullable LocalDate date(String key) {
    String value = values.get(key);
    try {
      return value == null ? null : LocalDate.parse(value);
    } catch (DateTimeException e) {
      throw wrong(key, "should be a day like 2026-12-31, not '" + value + "'");
    }
  }

  private UnusableModelSetting wrong(String key, String problem) {
    return new UnusableModelSetting(written.getOrDefault(key, id + "." + key), problem);
  }
}
