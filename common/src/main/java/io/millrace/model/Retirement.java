package io.millrace.model;

import java.time.LocalDate;

/**
 * The announced end of a model that is near or past.
 *
 * @param on the day from which requests fail
 * @param days until then; negative once it is past
 */
public record Retirement(String model, LocalDate on, long days) {

  /** A sentence for logs and for the header of an answer. */
  public String warning() {
    if (days < 0) {
      return "model %s was retired on %s: its calls are expected to fail".formatted(model, on);
    }
    return "model %s retires on %s, in %d days: calls fail from then on".formatted(model, on, days);
  }
}
