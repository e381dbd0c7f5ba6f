package io.millrace.worker.execute;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.claude.classify.MessageFacts;
import io.millrace.claude.classify.RawUsage;
import io.millrace.db.job.Settlement.Charge;
import io.millrace.model.Model;
import io.millrace.model.ModelCatalogue;
import io.millrace.money.CallMode;
import io.millrace.money.Pricing;
import io.millrace.money.Pricing.Priced;
import io.millrace.money.Pricing.Reason;
import io.millrace.money.Pricing.Unpriced;
import io.millrace.money.Usage;
import io.millrace.telemetry.Metric;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Prices answers; what it cannot price, it counts, and tells once. */
final class CallPrices {

  private static final Logger log = LoggerFactory.getLogger(CallPrices.class);

  /** A model that the catalogue does not know has no series of its own: callers choose names. */
  private static final String OTHER = "other";

  /** Nobody reads more warnings, and names of models are the callers'. */
  private static final int MOST_WARNINGS = 1_000;

  private final ModelCatalogue catalogue;
  private final MeterRegistry meters;
  private final Set<String> told = ConcurrentHashMap.newKeySet();

  CallPrices(ModelCatalogue catalogue, MeterRegistry meters) {
    this.catalogue = catalogue;
    this.meters = meters;
  }

  /** The model that is billed: the one that answered, where that is another than was asked for. */
  String billed(String asked, MessageFacts facts) {
    String answered = facts.model();
    return answered == null || id(answered).equals(id(asked)) ? asked : answered;
  }

  Charge charge(String model, MessageFacts facts, Instant at, CallMode mode) {
    Pricing pricing =
        RawUsage.read(facts.rawUsage())
            .map(usage -> catalogue.price(model, usage, at, mode))
            .orElse(new Unpriced(Reason.USAGE));
    return switch (pricing) {
      case Priced(var cost) ->
          new Charge(false, facts.usage(), facts.rawUsage(), cost.amount(), cost.priceVersion());
      case Unpriced(var reason) -> {
        unpriced(model, facts.usage(), reason);
        yield new Charge(false, facts.usage(), facts.rawUsage(), null, null);
      }
    };
  }

  private void unpriced(String model, Usage usage, Reason reason) {
    meters
        .counter(
            Metric.COST_UNPRICED.meter(),
            "model",
            catalogue.model(model).map(Model::id).orElse(OTHER),
            "reason",
            reason.wireName())
        .increment();
    if (told.size() < MOST_WARNINGS && told.add(reason + " " + model)) {
      log.warn(
          "An answer of {} has no price ({}: tier {}, place {}, speed {}); such calls are recorded without one."
              + " Set millrace.models.<id>.* and run ./millrace recompute",
          model,
          reason.wireName(),
          usage.serviceTier(),
          usage.inferenceGeo(),
          usage.speed());
    }
  }

  private String id(String model) {
    return catalogue.model(model).map(Model::id).orElse(model);
  }
}
