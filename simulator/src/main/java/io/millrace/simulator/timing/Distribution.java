package io.millrace.simulator.timing;

import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A quantity that varies: written {@code 300}, {@code uniform(200,400)} or {@code
 * lognormal(300,0.5)} (median and sigma).
 */
public sealed interface Distribution {
  double sample(RandomGenerator random);

  /** Always the same. */
  record Fixed(double value) implements Distribution {
    public Fixed {
      requireNotNegative(value);
    }

    @Override
    public double sample(RandomGenerator random) {
      return value;
    }

    @Override
    public String toString() {
      return text(value);
    }
  }

  /** Anything between the two, equally likely. */
  record Uniform(double from, double to) implements Distribution {
    public Uniform {
      requireNotNegative(from);
      if (to < from) {
        throw new IllegalArgumentException(
            "uniform(%s,%s): the second must not be smaller".formatted(from, to));
      }
    }

    @Override
    public double sample(RandomGenerator random) {
      return from + random.nextDouble() * (to - from);
    }

    @Override
    public String toString() {
      return "uniform(" + text(from) + "," + text(to) + ")";
    }
  }

  /** Mostly near the median, now and then much more. */
  record LogNormal(double median, double sigma) implements Distribution {
    public LogNormal {
      requireNotNegative(median);
      requireNotNegative(sigma);
    }

    @Override
    public double sample(RandomGenerator random) {
      return median * Math.exp(sigma * random.nextGaussian());
    }

    @Override
    public String toString() {
      return "lognormal(" + text(median) + "," + text(sigma) + ")";
    }
  }

  /**
   * Reads what {@code toString} writes; quantities may carry {@code ms} (as bare numbers do),
   * {@code s}, {@code m} or {@code h}.
   */
  static Distribution parse(String text) {
    Matcher matcher = Parsing.FORM.matcher(text.strip());
    if (matcher.matches()) {
      if (matcher.group("one") != null) {
        return new Fixed(Parsing.quantity(matcher.group("one")));
      }
      double first = Parsing.quantity(matcher.group("first"));
      return matcher.group("kind").equals("uniform")
          ? new Uniform(first, Parsing.quantity(matcher.group("second")))
          : new LogNormal(first, Parsing.quantity(matcher.group("second")));
    }
    throw new IllegalArgumentException(
        "'" + text + "' is none of: 300, uniform(200,400), lognormal(300,0.5)");
  }

  private static void requireNotNegative(double value) {
    if (!(value >= 0)) {
      throw new IllegalArgumentException(value + " must not be negative");
    }
  }

  private static String text(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  /** Keeps what parsing needs out of the interface. */
  final class Parsing {
    private static final String QUANTITY = "\\d+(?:\\.\\d+)?(?:ms|s|m|h)?";
    private static final Pattern FORM =
        Pattern.compile(
            "(?<one>%1$s)|(?<kind>uniform|lognormal)\\(\\s*(?<first>%1$s)\\s*,\\s*(?<second>%1$s)\\s*\\)"
                .formatted(QUANTITY));

    private Parsing() {}

    private static double quantity(String text) {
      if (text.endsWith("ms")) {
        return Double.parseDouble(text.substring(0, text.length() - 2));
      }
      double millis =
          switch (text.charAt(text.length() - 1)) {
            case 's' -> 1_000;
            case 'm' -> 60_000;
            case 'h' -> 3_600_000;
            default -> 0;
          };
      return millis == 0
          ? Double.parseDouble(text)
          : millis * Double.parseDouble(text.substring(0, text.length() - 1));
    }
  }
}
