package io.millrace.cli.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/**
 * What is to be measured, and how.
 *
 * @param window how long N2, N3 and N5 are measured each
 * @param jobs after how many jobs a window of N2 or N3 ends even so
 * @param warmUp jobs that a fresh stack does before anything counts
 * @param calls calls in flight of N4
 * @param depth queued jobs of N7
 * @param directory where a directory for the data is made, and removed in the end
 */
record Plan(
    Set<String> numbers,
    Duration window,
    long jobs,
    int warmUp,
    int calls,
    int depth,
    int repeat,
    Path directory) {

  boolean asksFor(String number) {
    return numbers.contains(number);
  }
}
