package io.millrace.cli.bulk;

import io.millrace.claude.estimate.Estimate;
import io.millrace.claude.estimate.Estimator;
import io.millrace.claude.estimate.RequestShape;
import io.millrace.model.ModelCatalogue;
import io.millrace.money.CallMode;
import io.millrace.money.Cost.LineItem;
import io.millrace.money.Usage;
import io.millrace.money.UsageKind;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What requests will probably use and cost, by model. Input is estimated on the high side and
 * without a cache; of the output there is a guess, and a bound that cannot be passed.
 */
final class Bill {

  private static final int REMEMBERED = 10_000;

  private final ModelCatalogue catalogue;
  private final Estimator estimator;
  private final Instant at;
  private final Map<String, Sums> models = new TreeMap<>();
  private final Map<Prompt, Prices> prices = new HashMap<>();

  /** The sums of one model, or of all; a cost is null where a price is unknown. */
  static final class Sums {

    long items;
    long input;
    long outputGuess;
    long outputBound;
    @Nullable Costs batch = Costs.NONE;
    @Nullable Costs queue = Costs.NONE;

    private void add(Estimate estimate, Prices rates) {
      items++;
      input += estimate.inputTokens();
      outputGuess += estimate.outputTokens();
      outputBound += estimate.outputBound();
      batch = Costs.plus(batch, Costs.of(rates.batch(), estimate));
      queue = Costs.plus(queue, Costs.of(rates.queue(), estimate));
    }

    private void add(Sums other) {
      items += other.items;
      input += other.input;
      outputGuess += other.outputGuess;
      outputBound += other.outputBound;
      batch = Costs.plus(batch, other.batch);
      queue = Costs.plus(queue, other.queue);
    }

    @Nullable Costs of(CallMode mode) {
      return mode == CallMode.BATCH ? batch : queue;
    }
  }

  /** In dollars, with the guessed output and with the most. */
  record Costs(BigDecimal guess, BigDecimal bound) {

    static final Costs NONE = new Costs(BigDecimal.ZERO, BigDecimal.ZERO);

    private static @Nullable Costs of(@Nullable Rates rates, Estimate estimate) {
      if (rates == null) {
        return null;
      }
      BigDecimal input = rates.of(rates.input(), estimate.inputTokens());
      return new Costs(
          input.add(rates.of(rates.output(), estimate.outputTokens())),
          input.add(rates.of(rates.output(), estimate.outputBound())));
    }

    private static @Nullable Costs plus(@Nullable Costs one, @Nullable Costs other) {
      return one == null || other == null
          ? null
          : new Costs(one.guess.add(other.guess), one.bound.add(other.bound));
    }
  }

  /** Prices depend on the length of the prompt. */
  private record Prompt(String model, long tokens) {}

  private record Prices(@Nullable Rates batch, @Nullable Rates queue) {}

  /** Dollars for a million tokens. */
  private record Rates(BigDecimal input, BigDecimal output) {

    BigDecimal of(BigDecimal rate, long tokens) {
      return rate.multiply(BigDecimal.valueOf(tokens)).movePointLeft(6);
    }
  }

  /**
   * An empty one.
   *
   * @param at when the calls are supposed to be made: prices change
   */
  Bill(ModelCatalogue catalogue, Instant at) {
    this.catalogue = catalogue;
    this.estimator = new Estimator(catalogue);
    this.at = at;
  }

  void add(byte[] params) {
    RequestShape shape = RequestShape.of(params);
    Estimate estimate = estimator.estimate(shape);
    if (prices.size() > REMEMBERED) {
      prices.clear();
    }
    Prices rates =
        prices.computeIfAbsent(new Prompt(shape.model(), estimate.inputTokens()), this::prices);
    models.computeIfAbsent(shape.model(), _ -> new Sums()).add(estimate, rates);
  }

  private Prices prices(Prompt prompt) {
    return new Prices(rates(prompt, CallMode.BATCH), rates(prompt, CallMode.SINGLE));
  }

  private @Nullable Rates rates(Prompt prompt, CallMode mode) {
    return catalogue
        .price(prompt.model(), Usage.of(Math.max(1, prompt.tokens()), 1), at, mode)
        .known()
        .map(cost ->
            new Rates(rate(cost.items(), UsageKind.INPUT), rate(cost.items(), UsageKind.OUTPUT)))
        .orElse(null);
  }

  private static BigDecimal rate(List<LineItem> items, UsageKind kind) {
    return items.stream()
        .filter(item -> item.kind() == kind)
        .map(LineItem::unitPrice)
        .findFirst()
        .orElse(BigDecimal.ZERO);
  }

  /** By model. */
  Map<String, Sums> models() {
    return models;
  }

  /** Of all models together. */
  Sums total() {
    var total = new Sums();
    models.values().forEach(total::add);
    return total;
  }

  /** The models without a price for calls of this mode. */
  List<String> unpriced(CallMode mode) {
    return models.entrySet().stream()
        .filter(model -> model.getValue().of(mode) == null)
        .map(Map.Entry::getKey)
        .toList();
  }
}
