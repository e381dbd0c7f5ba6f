package io.millrace.worker.execute;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.model.Model;
import io.millrace.model.ModelCatalogue;
import io.millrace.model.Retirement;
import io.millrace.telemetry.Metric;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of models that are near their announced end or past it; their calls are made all the same.
 */
final class Retirements {

  private static final Logger log = LoggerFactory.getLogger(Retirements.class);

  private final ModelCatalogue catalogue;
  private final Clock clock;
  private final Set<String> told = ConcurrentHashMap.newKeySet();

  Retirements(ModelCatalogue catalogue, MeterRegistry meters, Clock clock) {
    this.catalogue = catalogue;
    this.clock = clock;
    for (Retirement retirement : catalogue.retirements(clock.instant())) {
      LocalDate on = retirement.on();
      Gauge.builder(Metric.MODELS_RETIREMENT.meter(), () -> days(on))
          .tag("model", retirement.model())
          .register(meters);
      catalogue
          .retirement(retirement.model(), clock.instant())
          .ifPresent(near -> log.warn("Take note: {}", near.warning()));
    }
  }

  /** Tells it again, once, when the model is used. */
  void used(String model) {
    catalogue
        .model(model)
        .map(Model::id)
        .filter(id -> !told.contains(id))
        .flatMap(id -> catalogue.retirement(id, clock.instant()))
        .filter(retirement -> told.add(retirement.model()))
        .ifPresent(retirement -> log.warn("In use: {}", retirement.warning()));
  }

  private long days(LocalDate on) {
    return ChronoUnit.DAYS.between(clock.instant().atZone(ZoneOffset.UTC).toLocalDate(), on);
  }
}
