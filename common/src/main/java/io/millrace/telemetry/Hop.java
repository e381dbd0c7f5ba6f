package io.millrace.telemetry;

import java.util.Locale;

/**
 * A stretch of a job's way. The hops of a job that was called once follow one another without a gap
 * and add up to its whole time; they are the values of the tag {@code hop} of {@link Metric#HOP}.
 */
public enum Hop {
  INTAKE("request read to committed; what the caller of `POST /v1/jobs` waits for"),
  QUEUED("due to released by the dispatcher: the turn, the rate, the dispatcher itself"),
  RELEASED("released to claimed: Kafka and the workers' polls"),
  HELD("claimed to admitted by the limiter"),
  SENDING("admitted to the first byte sent: the sending mark, a connection"),
  CALL("first byte sent to the end of the answer: Claude"),
  RECORDING("end of the answer to its commit");

  private final String description;

  Hop(String description) {
    this.description = description;
  }

  /** The tag's value. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** From where to where, and who is at work. */
  public String description() {
    return description;
  }
}
