package io.millrace.model;

import io.millrace.money.CallMode;
import io.millrace.money.Cost;
import io.millrace.money.Cost.LineItem;
import io.millrace.money.Usage;
import io.millrace.money.UsageKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known about Claude's models. Immutable; every answer is a pure function of the table and
 * the arguments.
 */
public final class ModelCatalogue {
  private static final String BUNDLED = "models.txt";
  private static final String STANDARD_SPEED = "standard";

  private final Map<String, Model> models;
  private final Map<String, String> aliases;
  private final List<Price> prices;
  private final Price.Modifiers modifiers;

  private ModelCatalogue(ModelTable table) {
    models = Map.copyOf(table.models);
    aliases = Map.copyOf(table.aliases);
    prices = List.copyOf(table.prices);
    modifiers = table.modifiers();
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

  /**
   * What the usage costs.
   *
   * @param at when the call was made
   * @return empty if any price that the usage needs is unknown
   */
  public Optional<Cost> price(String model, Usage usage, Instant at, CallMode mode) {
    return model(model)
        .flatMap(known ->
            row(known, usage, at)
                .flatMap(price -> Optional.ofNullable(cost(known, price, usage, mode))));
  }

  /**
   * What a call of unknown outcome costs at most, as far as one can tell beforehand.
   *
   * @param outputTokens the most that the call may have produced
   * @return empty if the model's price is unknown
   */
  public Optional<BigDecimal> suspect(
      String model, long inputTokens, long outputTokens, Instant at, CallMode mode) {
    return price(model, Usage.of(inputTokens, outputTokens), at, mode).map(Cost::amount);
  }

  private Optional<Price> row(Model model, Usage usage, Instant at) {
    String speed = usage.speed() == null ? STANDARD_SPEED : usage.speed();
    return prices.stream()
        .filter(price -> price.model().equals(model.id()))
        .filter(price -> price.speed().equals(speed))
        .filter(price -> price.appliesAt(at))
        .filter(price -> usage.promptTokens() <= price.longestPrompt())
        .min(
            Comparator.comparing(
                    (Price price) -> price.from() == null ? LocalDate.MIN : price.from(),
                    Comparator.reverseOrder())
                .thenComparingLong(Price::longestPrompt));
  }

  private @Nullable Cost cost(Model model, Price price, Usage usage, CallMode mode) {
    boolean batch = mode == CallMode.BATCH || "batch".equals(usage.serviceTier());
    boolean surcharge = model.usSurcharge() && "us".equals(usage.inferenceGeo());
    var items = new ArrayList<LineItem>();
    for (UsageKind kind : UsageKind.values()) {
      long quantity = usage.quantity(kind);
      if (quantity == 0) {
        continue;
      }
      BigDecimal unitPrice = price.of(kind, batch, modifiers);
      if (unitPrice == null) {
        return null;
      }
      boolean perToken = kind != UsageKind.WEB_SEARCH;
      items.add(
          new LineItem(
              kind,
              quantity,
              surcharge && perToken ? unitPrice.multiply(modifiers.us()) : unitPrice));
    }
    return Cost.of(items, price.version());
  }
}
