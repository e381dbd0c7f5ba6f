package io.millrace.money;

import java.util.Locale;
import java.util.Optional;

/** What became of the attempt to price a call: a cost, or the reason why there is none. */
public sealed interface Pricing {

  /** The cost, if it is known. */
  default Optional<Cost> known() {
    return switch (this) {
      case Priced(var cost) -> Optional.of(cost);
      case Unpriced _ -> Optional.empty();
    };
  }

  /** Everything that the call used has a known price. */
  record Priced(Cost cost) implements Pricing {}

  /** A part of the price is unknown, so all of it is: a part of a bill would look like a bill. */
  record Unpriced(Reason reason) implements Pricing {}

  /** Why a call has no price. */
  enum Reason {
    /** The catalogue does not know the model. */
    MODEL,
    /** Served at a tier whose price is in nobody's list, such as {@code priority}. */
    SERVICE_TIER,
    /** Ran in a place whose surcharge is not known. */
    INFERENCE_GEO,
    /** Ran at a speed that the catalogue has no price of for that model. */
    SPEED,
    /** The model is known, but not the price of something that it used. */
    PRICE,
    /** The usage itself cannot be read to the token. */
    USAGE;

    /** The name in metrics. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
