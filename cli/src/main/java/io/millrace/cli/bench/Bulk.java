package io.millrace.cli.bench;

import io.millrace.cli.bench.BulkClient.Standing;
import io.millrace.simulator.batch.BatchSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Items of batches: how fast they are accepted (N1), how fast they are settled once the provider
 * has answered, and whether each comes to one end and one place on the bill, also while workers are
 * killed.
 */
final class Bulk {

  private static final double MIB = 1024.0 * 1024;
  private static final int WARM_UP = 20_000;
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);
  private static final Duration LONGEST = Duration.ofMinutes(15);
  private static final Duration BETWEEN_BATCHES = Duration.ofSeconds(2);
  private static final Duration AT_PROVIDER = Duration.ofSeconds(5);

  private final Workspace workspace;
  private final Plan plan;
  private final Say say;

  /**
   * What is to be done.
   *
   * @param bytes of an item
   * @param batches how many are accepted one after the other; with kills, into how many the items
   *     go
   * @param settings for api and workers
   */
  record Plan(
      int items, int bytes, int batches, int workers, boolean kill, List<String> settings) {}

  Bulk(Workspace workspace, Plan plan, Say say) {
    this.workspace = workspace;
    this.plan = plan;
    this.say = say;
  }

  /** N1: batches by JSONL, one after the other, while no worker runs. */
  Findings accept() throws IOException, InterruptedException {
    say.line("N1: starting api and Kafka, without a worker; the api with -Xmx512m");
    var topology =
        Topology.of(Topology.Parts.API)
            .withApiOptions("-Xmx512m")
            .withSettings(plan.settings().toArray(String[]::new));
    try (var stack = BenchStack.start(workspace, topology);
        var client = new BulkClient(stack);
        var heap = HeapWatch.start(stack)) {
      Path warm = file("warm", Math.min(WARM_UP, plan.items()));
      client.upload(warm, "batch");
      List<Double> rates = new ArrayList<>();
      long before = Books.count(stack).jobs();
      Map<String, Long> processor = stack.processor();
      for (int i = 1; i <= plan.batches(); i++) {
        Path file = file("n1-" + i, plan.items());
        long start = System.nanoTime();
        client.upload(file, "batch");
        double seconds = (System.nanoTime() - start) / 1e9;
        rates.add(plan.items() / seconds);
        say.line(
            String.format(
                Locale.ROOT,
                "  batch %d: %,d items, %.1f MB in %.2f s, %,.0f items/s",
                i,
                plan.items(),
                Files.size(file) / 1e6,
                seconds,
                rates.getLast()));
        Files.delete(file);
      }
      long stored = Books.count(stack).jobs() - before;
      if (stored != (long) plan.items() * plan.batches()) {
        throw new IOException("%d items are stored".formatted(stored));
      }
      Findings findings = accepted(stack, rates, heap.peak());
      findings.add(processor(processor, stack.processor(), stored));
      return findings;
    }
  }

  private static Breakdown processor(
      Map<String, Long> before, Map<String, Long> after, long items) {
    List<String> processes = List.copyOf(after.keySet());
    List<Double> micros =
        processes.stream()
            .map(name ->
                (after.getOrDefault(name, 0L) - before.getOrDefault(name, 0L)) / 1e3 / items)
            .toList();
    return new Breakdown(
        "N1: processor time, µs for each item",
        processes,
        List.of(new Breakdown.Row("of all batches", micros)));
  }

  private Findings accepted(BenchStack stack, List<Double> rates, double heap) {
    double[] all = rates.stream().mapToDouble(rate -> rate).toArray();
    var findings = Findings.empty();
    findings.add(
        Figure.atLeast(
            "N1", "accepted by JSONL, median", "items/s", Sample.median(all), Targets.N1),
        Figure.plain("N1", "slowest batch", "items/s", Sample.least(all)),
        Figure.plain("N1", "fastest batch", "items/s", Sample.most(all)),
        Figure.plain("N1", "bytes, median", "MB/s", Sample.median(all) * plan.bytes() / 1e6),
        Figure.atMost("N1", "heap of the api, highest seen", "MiB", heap / MIB, Targets.N1_HEAP),
        Figure.plain(
            "N1",
            "memory of the api, highest (VmHWM)",
            "MiB",
            Processor.status(stack.pid("api"), "VmHWM") / MIB));
    return findings;
  }

  private Path file(String name, int items) throws IOException {
    return BulkFile.write(workspace.root().resolve(name + ".jsonl"), name, items, plan.bytes());
  }

  /** From a file to results, by provider batches that take a few seconds. */
  Findings settle() throws IOException, InterruptedException {
    say.line("Starting api, Kafka and %d workers, each in its process".formatted(plan.workers()));
    List<String> settings = new ArrayList<>();
    settings.add("--millrace.batches.max-wait=1s");
    settings.add("--millrace.batches.poll-interval=1s");
    settings.addAll(plan.settings());
    var topology =
        Topology.of(Topology.Parts.API_AND_WORKER)
            .withWorkers(plan.workers())
            .withApiOptions("-Xmx512m")
            .withWorkerOptions("-Xmx512m")
            .withSettings(settings.toArray(String[]::new));
    try (var stack = BenchStack.start(workspace, topology);
        var client = new BulkClient(stack)) {
      stack.simulator().batches(BatchSettings.defaults().withTime(AT_PROVIDER));
      var kills = new Kills(stack, topology);
      int parts = plan.kill() ? plan.batches() : 1;
      long start = System.nanoTime();
      Map<String, String> batches = new HashMap<>();
      for (int i = 0; i < parts; i++) {
        String name = "part-" + i;
        Path file = file(name, plan.items() / parts);
        batches.put(client.upload(file, "batch"), name);
        Files.delete(file);
        if (i + 1 < parts) {
          kills.maybe();
          WallClock.pass(BETWEEN_BATCHES);
        }
      }
      say.line("  all items are accepted");
      double rate = settled(client, List.copyOf(batches.keySet()), kills);
      double seconds = (System.nanoTime() - start) / 1e9;
      var findings = Findings.empty();
      findings.add(
          Figure.plain("bulk", "settled, from the first to the last", "items/s", rate),
          Figure.plain(
              "bulk",
              "from upload to settled, all",
              "items/s",
              plan.items() / parts * parts / seconds),
          Figure.plain("bulk", "workers killed", "processes", kills.count));
      verify(stack, client, batches, plan.items() / parts, findings);
      return findings;
    }
  }

  /** Watches until all have ended; the rate between the first look with any and the last. */
  private double settled(BulkClient client, List<String> batches, Kills kills)
      throws IOException, InterruptedException {
    long giveUp = System.nanoTime() + LONGEST.toNanos();
    long firstAt = 0;
    long first = 0;
    long said = System.nanoTime();
    while (System.nanoTime() < giveUp) {
      long ended = 0;
      boolean over = true;
      for (String batch : batches) {
        Standing standing = client.look(batch);
        ended += standing.ended();
        over &= standing.over();
      }
      long now = System.nanoTime();
      if (ended > 0 && firstAt == 0) {
        firstAt = now;
        first = ended;
      }
      if (over) {
        return (ended - first) / Math.max(0.001, (now - firstAt) / 1e9);
      }
      if (now - said > 5_000_000_000L) {
        said = now;
        say.line("  %,d items are settled".formatted(ended));
      }
      kills.maybe();
      WallClock.pass(LOOK_EVERY);
    }
    throw new IOException("not all items came to their end within " + LONGEST);
  }

  private void verify(
      BenchStack stack, BulkClient client, Map<String, String> batches, int each, Findings findings)
      throws IOException, InterruptedException {
    say.line("  comparing results and books with what the simulator did");
    long missing = 0;
    long twice = 0;
    double cost = 0;
    long succeeded = 0;
    for (Map.Entry<String, String> batch : batches.entrySet()) {
      Map<String, Integer> seen = new HashMap<>();
      client.results(batch.getKey(), id -> seen.merge(id, 1, Integer::sum));
      twice += seen.values().stream().filter(times -> times > 1).count();
      for (int i = 0; i < each; i++) {
        missing += seen.containsKey(BulkFile.customId(batch.getValue(), i)) ? 0 : 1;
      }
      Standing standing = client.look(batch.getKey());
      cost += standing.cost().doubleValue();
      succeeded += standing.succeeded();
    }
    BulkBooks books = BulkBooks.compare(stack);
    findings.add(
        none("items without a result", "items", (double) missing),
        none("items with more than one", "items", (double) twice),
        Figure.plain("bulk", "succeeded", "items", (double) succeeded),
        Figure.plain(
            "bulk", "batches at the provider", "batches", stack.simulator().batches().size()),
        none(
            "of %,d answers, charged otherwise".formatted(books.answers()),
            "items",
            (double) books.differing()),
        Figure.plain(
            "bulk", "billed at batch price by the simulator", "USD", books.price().doubleValue()),
        none(
            "charged in the books more or less than that",
            "USD",
            books.charged().subtract(books.price()).abs().doubleValue()),
        none(
            "said of the batches more or less than that",
            "USD",
            Math.abs(Math.round((cost - books.price().doubleValue()) * 1e6) / 1e6)),
        Figure.plain(
            "bulk", "answered twice by the provider", "items", (double) books.itemsTwice()),
        Figure.plain("bulk", "suspected", "calls", (double) books.suspected()));
  }

  private static Figure none(String what, String unit, double count) {
    return Figure.atMost("bulk", what, unit, count, 0);
  }

  /** Kills a worker, if that is wanted, starts it again, and once it is ready the next one. */
  private final class Kills {

    private final SplittableRandom random = new SplittableRandom();
    private final BenchStack stack;
    private final Topology topology;
    private long next = System.nanoTime() + 1_000_000_000L;
    private int count;

    Kills(BenchStack stack, Topology topology) {
      this.stack = stack;
      this.topology = topology;
    }

    void maybe() throws IOException, InterruptedException {
      if (!plan.kill() || System.nanoTime() < next || !stack.areWorkersReady()) {
        return;
      }
      List<String> workers = stack.workers();
      String victim = workers.get(random.nextInt(workers.size()));
      say.line("  kill -9 of %s; it is started again".formatted(victim));
      stack.kill(victim);
      var _ = stack.launchWorker(victim, topology);
      count++;
      next = System.nanoTime() + random.nextLong(500_000_000L, 4_000_000_000L);
    }
  }
}
