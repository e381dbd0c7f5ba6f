package io.millrace.cli.bulk;

import java.time.Duration;

/**
 * How long things wait.
 *
 * @param look from one look at running batches to the next, while they get on
 * @param lookIdle at most, while they do not
 * @param again the first pause before a call is repeated; the later ones double
 * @param longestAgain at most
 * @param absence how long a server may be away
 * @param line from one line of progress to the next where no terminal is
 */
record Pace(
    Duration look,
    Duration lookIdle,
    Duration again,
    Duration longestAgain,
    Duration absence,
    Duration line) {

  static final Pace USUAL =
      new Pace(
          Duration.ofSeconds(1),
          Duration.ofSeconds(10),
          Duration.ofSeconds(1),
          Duration.ofSeconds(30),
          Duration.ofMinutes(30),
          Duration.ofSeconds(30));
}
