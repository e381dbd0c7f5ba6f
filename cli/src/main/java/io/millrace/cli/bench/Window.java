package io.millrace.cli.bench;

import io.millrace.telemetry.Hop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What happened between the first and the last of several looks at a stack under load.
 *
 * @param jobs what the window is about: those accepted, or those recorded
 * @param slices jobs per second between neighbouring looks
 * @param processor microseconds per job, by process
 * @param pauses share of the time that a JVM stood still for garbage collection, by process
 * @param hops p50 and p99 of each hop in milliseconds, as the services count them
 */
record Window(
    double seconds,
    double acceptedPerSecond,
    double recordedPerSecond,
    long jobs,
    double[] slices,
    Map<String, Double> processor,
    Map<String, Double> pauses,
    List<Breakdown.Row> hops) {

  private static final String HOPS = "millrace_hop_seconds";

  /**
   * One look. All numbers count from the start.
   *
   * @param processor nanoseconds by process
   * @param pauses seconds by process
   * @param hops the services' histograms of the hops
   */
  record Look(
      long nanoTime,
      long accepted,
      long recorded,
      Map<String, Long> processor,
      Map<String, Double> pauses,
      Metrics hops) {}

  /** A look at everything now. */
  static Look look(BenchStack stack, Load load) throws IOException, InterruptedException {
    Map<String, Double> pauses = new LinkedHashMap<>();
    List<Metrics.Line> hops = new ArrayList<>();
    double recorded = 0;
    long began = System.nanoTime();
    for (var one : stack.metrics().entrySet()) {
      recorded += one.getValue().sum("millrace_jobs_finished_total", Map.of());
      pauses.put(one.getKey(), one.getValue().sum("jvm_gc_pause_seconds_sum", Map.of()));
      hops.addAll(one.getValue().named(HOPS + "_bucket"));
    }
    // Asking takes a while; the counters are of about its middle.
    long at = began + (System.nanoTime() - began) / 2;
    Map<String, Long> processor = new LinkedHashMap<>(stack.processor());
    processor.put("load", load.processorNanos());
    processor.put(
        "simulator", Processor.ofProcess(ProcessHandle.current().pid()) - load.processorNanos());
    return new Look(at, load.accepted(), (long) recorded, processor, pauses, new Metrics(hops));
  }

  /** What lies between these looks, in their order. */
  static Window between(List<Look> looks, boolean ofRecorded) {
    Look first = looks.getFirst();
    Look last = looks.getLast();
    double seconds = seconds(first, last);
    double accepted = last.accepted() - first.accepted();
    double recorded = last.recorded() - first.recorded();
    double jobs = ofRecorded ? recorded : accepted;
    List<Double> slices = new ArrayList<>();
    for (int i = 1; i < looks.size(); i++) {
      slices.add(count(looks.get(i - 1), looks.get(i), ofRecorded));
    }
    Map<String, Double> processor = new LinkedHashMap<>();
    last.processor()
        .forEach((process, nanos) ->
            processor.put(
                process, (nanos - first.processor().getOrDefault(process, 0L)) / 1e3 / jobs));
    Map<String, Double> pauses = new LinkedHashMap<>();
    last.pauses()
        .forEach((process, paused) ->
            pauses.put(process, (paused - first.pauses().getOrDefault(process, 0.0)) / seconds));
    return new Window(
        seconds,
        accepted / seconds,
        recorded / seconds,
        (long) jobs,
        slices.stream().mapToDouble(rate -> rate).toArray(),
        processor,
        pauses,
        hops(first.hops(), last.hops()));
  }

  private static List<Breakdown.Row> hops(Metrics first, Metrics last) {
    var grown = last.since(first, HOPS, "hop");
    return Arrays.stream(Hop.values())
        .map(Hop::wireName)
        .filter(grown::containsKey)
        .map(hop -> {
          TreeMap<Double, Double> buckets = grown.getOrDefault(hop, new TreeMap<>());
          return new Breakdown.Row(
              hop,
              List.of(Metrics.quantileMillis(buckets, 0.5), Metrics.quantileMillis(buckets, 0.99)));
        })
        .toList();
  }

  double perSecond() {
    return jobs / seconds;
  }

  private static double seconds(Look first, Look last) {
    return (last.nanoTime() - first.nanoTime()) / 1e9;
  }

  private static double count(Look first, Look last, boolean ofRecorded) {
    long jobs =
        ofRecorded ? last.recorded() - first.recorded() : last.accepted() - first.accepted();
    return jobs / seconds(first, last);
  }
}
