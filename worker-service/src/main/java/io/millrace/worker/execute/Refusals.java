package io.millrace.worker.execute;

import io.millrace.claude.classify.Outcome;
import io.millrace.claude.classify.Outcome.Fault;
import io.millrace.claude.probe.PlainProbe;
import io.millrace.claude.probe.PlainProbe.Finding;
import io.millrace.failure.FailureCode;
import io.millrace.model.Model;
import io.millrace.model.Model.Lifecycle;
import io.millrace.model.ModelCatalogue;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells a refusal of one request from one of the account: a 403 or 404 means the job unless plain
 * requests on its pool are refused alike (ADR 0011).
 */
final class Refusals {

  /** The list of models, where no model is known that ought to be there. */
  private static final List<String> ANY_REQUEST = List.of("");

  private final PlainProbe probe;
  private final ModelCatalogue catalogue;
  private final Clock clock;

  Refusals(PlainProbe probe, ModelCatalogue catalogue, Clock clock) {
    this.probe = probe;
    this.catalogue = catalogue;
    this.clock = clock;
  }

  /** Takes ten seconds at most. */
  Outcome confirmed(String model, String version, Outcome outcome) {
    if (!(outcome instanceof Outcome.Permanent(var fault)) || fault.status() == null) {
      return outcome;
    }
    FailureCode everybodys = everybodys(fault.code());
    if (everybodys == null) {
      return outcome;
    }
    // What could not be found out must not end a job for good: its attempts bound it.
    return switch (poolFails(model, version, fault.status())) {
      case PASSES -> outcome;
      case ALIKE -> new Outcome.Platform(as(everybodys, fault));
      case UNKNOWN -> new Outcome.Retryable(as(FailureCode.REFUSAL_UNCONFIRMED, fault), null);
    };
  }

  private Finding poolFails(String model, String version, int status) {
    Finding all = Finding.ALIKE;
    try {
      for (String asked : plainModels(model)) {
        Finding finding = probe.compare(asked, version, status);
        if (finding == Finding.PASSES) {
          return finding;
        }
        all = finding == Finding.UNKNOWN ? finding : all;
      }
      return all;
    } catch (InterruptedException stopped) {
      // The call was made, and is to be recorded.
      Thread.currentThread().interrupt();
      return Finding.UNKNOWN;
    }
  }

  private static @Nullable FailureCode everybodys(FailureCode code) {
    return code == FailureCode.PERMISSION_DENIED
        ? FailureCode.ACCOUNT_PERMISSION_DENIED
        : code == FailureCode.NOT_FOUND ? FailureCode.MODEL_UNAVAILABLE : null;
  }

  // A model that nobody knows, or that has retired, is missing for everybody and for good; and one
  // that only this account may not use must not stop the others of its pool.
  private List<String> plainModels(String model) {
    var asked = catalogue.model(model).filter(this::isServed).orElse(null);
    if (asked == null) {
      return ANY_REQUEST;
    }
    var models = new ArrayList<String>(List.of(asked.id()));
    catalogue.models().stream()
        .filter(other -> other.pool().equals(asked.pool()) && !other.id().equals(asked.id()))
        .filter(this::isServed)
        .map(Model::id)
        .reduce((earlier, later) -> later)
        .ifPresent(models::add);
    return models;
  }

  private boolean isServed(Model model) {
    LocalDate today = clock.instant().atZone(ZoneOffset.UTC).toLocalDate();
    return model.lifecycle() != Lifecycle.RETIRED
        && (model.retires() == null || model.retires().isAfter(today));
  }

  private static Fault as(FailureCode code, Fault fault) {
    return new Fault(code, fault.message(), fault.status(), fault.envelope());
  }
}
