package io.millrace.model;

import io.millrace.money.CallMode;
import io.millrace.money.Cost;
import io.millrace.money.Cost.LineItem;
import io.millrace.money.Pricing;
import io.millrace.money.Pricing.Priced;
import io.millrace.money.Pricing.Reason;
import io.millrace.money.Pricing.Unpriced;
import io.millrace.money.Usage;
import io.millrace.money.UsageKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What is known about Claude's models. Immutable; every answer is a pure function of the table and
 * the arguments.
 */
public final class ModelCatalogue {
  /** Where the operator's settings of models stand. */
  public static final String SETTINGS = "millrace.models";

  private static final String BUNDLED = "models.txt";
  private static final long NEAR_DAYS = 60;
  private static final String BATCH = "batch";
  private static final String US = "us";
  // Work of the priority tier is paid by a commitment, whose price is in no list.
  private static final Set<String> PRICED_TIERS = Set.of("standard", BATCH);
  // Models before 4.6 do not choose where they run, and say so.
  private static final Set<String> PRICED_GEOS = Set.of("global", "not_available", US);

  private final Map<String, Model> models;
  private final Map<String, String> aliases;
  private final List<Price> prices;
  private final Price.Modifiers modifiers;

  private ModelCatalogue(ModelTable table) {
    this(table.models, table.aliases, table.prices, table.modifiers());
  }

  private ModelCatalogue(
      Map<String, Model> models,
      Map<String, String> aliases,
      List<Price> prices,
      Price.Modifiers modifiers) {
    this.models = Map.copyOf(models);
    this.aliases = Map.copyOf(aliases);
    this.prices = List.copyOf(prices);
    this.modifiers = modifiers;
  }

  /** The table that Millrace ships. */
  public static ModelCatalogue bundled() {
    try (InputStream in = ModelCatalogue.class.getResourceAsStream(BUNDLED)) {
      byte[] text = Objects.requireNonNull(in, BUNDLED).readAllBytes();
      return parse(BUNDLED, new String(text, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A table of one's own.
   *
   * @param file how errors name it
   * @throws UnreadableModelTable if a line is wrong
   */
  public static ModelCatalogue parse(String file, String text) {
    return new ModelCatalogue(ModelTable.parse(file, text));
  }

  /**
   * The table that Millrace ships, as the operator's settings change it.
   *
   * @param settings what stands under {@code millrace.models}, such as {@code
   *     claude-opus-5-5.input}
   * @throws UnusableModelSetting if one cannot be used
   */
  public static ModelCatalogue configured(Map<String, String> settings) {
    return bundled().with(settings);
  }

  ModelCatalogue with(Map<String, String> settings) {
    var changed = new LinkedHashMap<>(models);
    List<Price> repriced = prices;
    for (ModelSettings model : ModelSettings.read(settings, models, aliases)) {
      changed.put(model.id(), model.model());
      repriced = model.reprice(repriced);
    }
    return new ModelCatalogue(changed, aliases, repriced, modifiers);
  }

  /** All models, without aliases. */
  public List<Model> models() {
    return models.values().stream().sorted(Comparator.comparing(Model::id)).toList();
  }

  /** The model of this id or alias. */
  public Optional<Model> model(String id) {
    return Optional.ofNullable(models.get(aliases.getOrDefault(id, id)));
  }

  /** The pool whose rate limits the model uses; an unknown model has one of its own. */
  public String pool(String model) {
    return model(model).map(Model::pool).orElse(model);
  }

  /** The model's retirement, if it is announced and near or past. */
  public Optional<Retirement> retirement(String model, Instant now) {
    return model(model)
        .flatMap(known -> announced(known, now))
        .filter(end -> end.days() <= NEAR_DAYS);
  }

  /** All announced retirements, the nearest first. */
  public List<Retirement> retirements(Instant now) {
    return models().stream()
        .flatMap(model -> announced(model, now).stream())
        .sorted(Comparator.comparing(Retirement::on))
        .toList();
  }

  private static Optional<Retirement> announced(Model model, Instant now) {
    LocalDate today = now.atZone(ZoneOffset.UTC).toLocalDate();
    return Optional.ofNullable(model.retires())
        .map(on -> new Retirement(model.id(), on, ChronoUnit.DAYS.between(today, on)));
  }

  /**
   * What the usage costs, by what the usage itself says of tier, place and speed.
   *
   * @param at when the call was made
   * @param mode how the request went out, for a usage that names no tier
   */
  public Pricing price(String model, Usage usage, Instant at, CallMode mode) {
    Model known = model(model).orElse(null);
    if (known == null) {
      return new Unpriced(Reason.MODEL);
    }
    if (usage.serviceTier() != null && !PRICED_TIERS.contains(usage.serviceTier())) {
      return new Unpriced(Reason.SERVICE_TIER);
    }
    if (usage.inferenceGeo() != null && !PRICED_GEOS.contains(usage.inferenceGeo())) {
      return new Unpriced(Reason.INFERENCE_GEO);
    }
    String speed = usage.speed() == null ? Price.STANDARD : usage.speed();
    List<Price> rows =
        prices.stream()
            .filter(price -> price.model().equals(known.id()) && price.speed().equals(speed))
            .toList();
    if (rows.isEmpty()) {
      return new Unpriced(speed.equals(Price.STANDARD) ? Reason.PRICE : Reason.SPEED);
    }
    return row(rows, usage, at)
        .<Pricing>map(price -> cost(known, price, usage, mode))
        .orElse(new Unpriced(Reason.PRICE));
  }

  /**
   * What a call of unknown outcome costs at most, as far as one can tell beforehand.
   *
   * @param outputTokens the most that the call may have produced
   * @return empty if the model's price is unknown
   */
  public Optional<BigDecimal> suspect(
      String model, long inputTokens, long outputTokens, Instant at, CallMode mode) {
    return price(model, Usage.of(inputTokens, outputTokens), at, mode).known().map(Cost::amount);
  }

  /** Every row of the price table. */
  List<Price> prices() {
    return prices;
  }

  private static Optional<Price> row(List<Price> rows, Usage usage, Instant at) {
    return rows.stream()
        .filter(price -> price.appliesAt(at))
        .filter(price -> usage.promptTokens() <= price.longestPrompt())
        .min(
            Comparator.comparing(Price::since, Comparator.reverseOrder())
                .thenComparingLong(Price::longestPrompt));
  }

  private Pricing cost(Model model, Price price, Usage usage, CallMode mode) {
    boolean batch =
        usage.serviceTier() == null ? mode == CallMode.BATCH : usage.serviceTier().equals(BATCH);
    boolean surcharge = model.usSurcharge() && US.equals(usage.inferenceGeo());
    var items = new ArrayList<LineItem>();
    for (UsageKind kind : UsageKind.values()) {
      long quantity = usage.quantity(kind);
      if (quantity == 0) {
        continue;
      }
      BigDecimal unitPrice = price.of(kind, batch, modifiers);
      if (unitPrice == null) {
        return new Unpriced(Reason.PRICE);
      }
      boolean perToken = kind != UsageKind.WEB_SEARCH;
      items.add(
          new LineItem(
              kind,
              quantity,
              surcharge && perToken ? unitPrice.multiply(modifiers.us()) : unitPrice));
    }
    return new Priced(Cost.of(items, price.version()));
  }
}
