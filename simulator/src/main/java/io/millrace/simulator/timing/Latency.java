package io.millrace.simulator.timing;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long an answer takes: a part that varies and a part for each token of output.
 *
 * <p>Written {@code instant}, or a {@link Distribution} of milliseconds, with {@code +<ms>/token}
 * behind it if it grows with the output: {@code lognormal(400ms,0.4)+5ms/token}.
 */
public record Latency(Distribution millis, double millisPerToken) {
  public static final Latency INSTANT = new Latency(new Distribution.Fixed(0), 0);

  /** Short enough to try things out, long enough to look real: about a second. */
  public static final Latency LOCAL = new Latency(new Distribution.LogNormal(400, 0.35), 2);

  public static Latency of(Duration fixed) {
    return new Latency(new Distribution.Fixed(fixed.toNanos() / 1e6), 0);
  }

  public static Latency parse(String text) {
    if (text.equals("instant")) {
      return INSTANT;
    }
    int plus = text.indexOf('+');
    if (plus < 0) {
      return new Latency(Distribution.parse(text), 0);
    }
    String perToken = text.substring(plus + 1).strip();
    if (!perToken.endsWith("/token")) {
      throw new IllegalArgumentException(
          "'" + text + "': behind the plus stands <milliseconds>ms/token");
    }
    Distribution each =
        Distribution.parse(perToken.substring(0, perToken.length() - "/token".length()));
    if (each instanceof Distribution.Fixed(double value)) {
      return new Latency(Distribution.parse(text.substring(0, plus)), value);
    }
    throw new IllegalArgumentException("'" + text + "': the part for each token is a plain number");
  }

  public long nanos(RandomGenerator random, long outputTokens) {
    return (long) ((millis.sample(random) + millisPerToken * outputTokens) * 1e6);
  }

  @Override
  public String toString() {
    if (equals(INSTANT)) {
      return "instant";
    }
    return millisPerToken == 0
        ? millis.toString()
        : millis + "+" + new Distribution.Fixed(millisPerToken) + "/token";
  }
}
