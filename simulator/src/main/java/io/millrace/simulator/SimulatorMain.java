package io.millrace.simulator;

import io.millrace.simulator.timing.Distribution;
import io.millrace.simulator.timing.Latency;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** Runs a simulator alone, until it is interrupted. */
public final class SimulatorMain {
  private static final String HELP =
      """
      Runs a local Claude API that costs nothing.

        --port <n>              port to listen on (default 8089; 0: any free one)
        --host <address>        address to listen on (default 127.0.0.1)
        --latency <how>         instant, 300ms, uniform(200ms,2s), lognormal(800ms,0.4), each also with +5ms/token
                                (default lognormal(400,0.35)+2/token: about a second)
        --output-tokens <how>   300, uniform(100,500) or lognormal(180,0.6), cut by max_tokens (default lognormal(180,0.6))
        --limits <which>        unlimited, start, build or scale (default start)
        --batch-time <how>      how long a batch takes: 30s, uniform(10s,2m), lognormal(30s,0.4) (default lognormal(30s,0.4))
        --batch-factor <n>      let that, a batch's 24 hours and its 29 days pass so many times faster (default 1)
        --keys <a,b>            accept these keys only (default: any)
        --journal <n>           how many calls are remembered singly (default 100000)
        --seed <n>              draw lengths, latencies and random faults from this seed
        --help                  this text

      Faults, counters and settings at run time: docs/simulator.md.
      """;

  private SimulatorMain() {}

  public static void main(String[] args) throws InterruptedException {
    int exit = run(args, System.out, System.err);
    if (exit != 0) {
      System.exit(exit);
    }
  }

  @SuppressWarnings("try") // the simulator is held open, not used
  private static int run(String[] args, PrintStream out, PrintStream err)
      throws InterruptedException {
    if (Arrays.asList(args).contains("--help") || Arrays.asList(args).contains("-h")) {
      out.print(HELP);
      return 0;
    }
    SimulatorSettings settings;
    try {
      settings = settings(args);
    } catch (IllegalArgumentException e) {
      err.println(e.getMessage());
      err.println("Try --help.");
      return 2;
    }
    try (Simulator simulator = Simulator.start(settings)) {
      out.println("Simulated Claude API at " + simulator.baseUri());
      out.println("  ANTHROPIC_BASE_URL=" + simulator.baseUri() + " ANTHROPIC_API_KEY=any");
      out.flush();
      CountDownLatch interrupted = new CountDownLatch(1);
      Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(interrupted::countDown));
      interrupted.await();
      return 0;
    } catch (UncheckedIOException e) {
      err.println(
          "The simulator " + e.getMessage() + ". Is the port taken? Choose another with --port.");
      return 1;
    }
  }

  /**
   * Reads {@code --name value} and {@code --name=value}; what is not said is {@link
   * SimulatorSettings#local} on port 8089.
   */
  public static SimulatorSettings settings(String... args) {
    SimulatorSettings settings = SimulatorSettings.local().withPort(8089);
    for (int i = 0; i < args.length; i++) {
      int equals = args[i].indexOf('=');
      String name = equals < 0 ? args[i] : args[i].substring(0, equals);
      if (equals < 0 && i + 1 == args.length) {
        throw new IllegalArgumentException(name + " needs a value");
      }
      String value = equals < 0 ? args[++i] : args[i].substring(equals + 1);
      settings = with(settings, name, value);
    }
    return settings;
  }

  private static SimulatorSettings with(SimulatorSettings settings, String name, String value) {
    try {
      return switch (name) {
        case "--port" -> settings.withPort(Integer.parseInt(value));
        case "--host" -> settings.withHost(value);
        case "--latency" -> settings.withLatency(Latency.parse(value));
        case "--output-tokens" -> settings.withOutputTokens(Distribution.parse(value));
        case "--limits" -> settings.withLimits(LimitsJson.named(value));
        case "--batch-time" ->
            settings.withBatches(settings.batches().withTime(Distribution.parse(value)));
        case "--batch-factor" ->
            settings.withBatches(settings.batches().withFactor(Double.parseDouble(value)));
        case "--keys" -> settings.withKeys(Set.of(value.split(",", -1)));
        case "--journal" -> settings.withJournal(Integer.parseInt(value));
        case "--seed" -> settings.withSeed(Long.parseLong(value));
        default -> throw new IllegalArgumentException("unknown option " + name);
      };
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + ": '" + value + "' is not a number", e);
    }
  }
}
