package io.millrace.simulator;

import io.millrace.simulator.batch.BatchSettings;
import io.millrace.simulator.limit.Limits;
import io.millrace.simulator.timing.Distribution;
import io.millrace.simulator.timing.Latency;
import java.time.InstantSource;
import java.util.Set;

/**
 * How a simulator starts.
 *
 * @param host the address to listen on; loopback unless told otherwise, as any key is accepted
 * @param port 0: any free port
 * @param latency how long answers take
 * @param outputTokens how long answers are, before {@code max_tokens} cuts them
 * @param limits the rate limits
 * @param inputEstimate what calls are charged for input until their answer begins, as a multiple of
 *     what it is
 * @param batches how batches go
 * @param keys the keys that are accepted; empty: any
 * @param journal how many calls are remembered singly; sums cover all
 * @param seed what lengths, latencies and random faults are drawn from
 * @param clock what batches, buckets, cache entries and model retirement go by; latencies always
 *     run in real time
 */
public record SimulatorSettings(
    String host,
    int port,
    Latency latency,
    Distribution outputTokens,
    Limits limits,
    double inputEstimate,
    BatchSettings batches,
    Set<String> keys,
    int journal,
    long seed,
    InstantSource clock) {
  private static final int JOURNAL = 100_000;

  public SimulatorSettings {
    keys = Set.copyOf(keys);
    if (port < 0 || port > 65_535 || journal < 0 || !(inputEstimate > 0)) {
      throw new IllegalArgumentException(
          "port %d, journal %d or input estimate %s is out of range"
              .formatted(port, journal, inputEstimate));
    }
  }

  /** For tests and benchmarks: any port, at once, 64 tokens, unlimited. */
  public static SimulatorSettings defaults() {
    return new SimulatorSettings(
        "127.0.0.1",
        0,
        Latency.INSTANT,
        new Distribution.Fixed(64),
        Limits.unlimited(),
        1,
        BatchSettings.defaults(),
        Set.of(),
        JOURNAL,
        42,
        InstantSource.system());
  }

  /** For people who try things out: about a second for an answer, limits of the lowest tier. */
  public static SimulatorSettings local() {
    return defaults()
        .withLatency(Latency.LOCAL)
        .withOutputTokens(new Distribution.LogNormal(180, 0.6))
        .withLimits(Limits.of(Limits.Tier.START))
        .withBatches(BatchSettings.local())
        .withSeed(System.nanoTime());
  }

  public SimulatorSettings withHost(String changed) {
    return new SimulatorSettings(
        changed,
        port,
        latency,
        outputTokens,
        limits,
        inputEstimate,
        batches,
        keys,
        journal,
        seed,
        clock);
  }

  public SimulatorSettings withPort(int changed) {
    return new SimulatorSettings(
        host,
        changed,
        latency,
        outputTokens,
        limits,
        inputEstimate,
        batches,
        keys,
        journal,
        seed,
        clock);
  }

  public SimulatorSettings withLatency(Latency changed) {
    return new SimulatorSettings(
        host,
        port,
        changed,
        outputTokens,
        limits,
        inputEstimate,
        batches,
        keys,
        journal,
        seed,
        clock);
  }

  public SimulatorSettings withOutputTokens(Distribution changed) {
    return new SimulatorSettings(
        host, port, latency, changed, limits, inputEstimate, batches, keys, journal, seed, clock);
  }

  public SimulatorSettings withLimits(Limits changed) {
    return new SimulatorSettings(
        host,
        port,
        latency,
        outputTokens,
        changed,
        inputEstimate,
        batches,
        keys,
        journal,
        seed,
        clock);
  }

  public SimulatorSettings withInputEstimate(double changed) {
    return new SimulatorSettings(
        host, port, latency, outputTokens, limits, changed, batches, keys, journal, seed, clock);
  }

  public SimulatorSettings withBatches(BatchSettings changed) {
    return new SimulatorSettings(
        host,
        port,
        latency,
        outputTokens,
        limits,
        inputEstimate,
        changed,
        keys,
        journal,
        seed,
        clock);
  }

  public SimulatorSettings withKeys(Set<String> changed) {
    return new SimulatorSettings(
        host,
        port,
        latency,
        outputTokens,
        limits,
        inputEstimate,
        batches,
        changed,
        journal,
        seed,
        clock);
  }

  public SimulatorSettings withJournal(int changed) {
    return new SimulatorSettings(
        host,
        port,
        latency,
        outputTokens,
        limits,
        inputEstimate,
        batches,
        keys,
        changed,
        seed,
        clock);
  }

  public SimulatorSettings withSeed(long changed) {
    return new SimulatorSettings(
        host,
        port,
        latency,
        outputTokens,
        limits,
        inputEstimate,
        batches,
        keys,
        journal,
        changed,
        clock);
  }

  public SimulatorSettings withClock(InstantSource changed) {
    return new SimulatorSettings(
        host,
        port,
        latency,
        outputTokens,
        limits,
        inputEstimate,
        batches,
        keys,
        journal,
        seed,
        changed);
  }
}
