package io.millrace.simulator;

import io.millrace.simulator.answer.Account;
import io.millrace.simulator.batch.BatchItem;
import io.millrace.simulator.batch.BatchRecords;
import io.millrace.simulator.batch.BatchSettings;
import io.millrace.simulator.batch.BatchState;
import io.millrace.simulator.fault.BatchFault;
import io.millrace.simulator.fault.BatchFaultRule;
import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import io.millrace.simulator.http.HttpLoop;
import io.millrace.simulator.journal.Journal;
import io.millrace.simulator.journal.Received;
import io.millrace.simulator.journal.Stats;
import io.millrace.simulator.limit.Limits;
import io.millrace.simulator.limit.PoolSecond;
import io.millrace.simulator.timing.Distribution;
import io.millrace.simulator.timing.Latency;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * A running simulator. All methods may be called from any thread and take effect before they
 * return.
 *
 * <p>{@link #close} stops listening and drops every connection, as a killed server would.
 */
public final class Simulator implements AutoCloseable {
  private final Account account;
  private final BatchRecords batches;
  private final HttpLoop loop;
  private final String host;

  private Simulator(SimulatorSettings settings) {
    host = settings.host();
    account =
        new Account(
            settings.clock(),
            settings.keys(),
            new Journal(settings.journal()),
            settings.limits(),
            settings.seed());
    account.latency(settings.latency());
    account.outputTokens(settings.outputTokens());
    account.inputEstimate(settings.inputEstimate());
    batches = new BatchRecords(account, settings.batches());
    Routes routes = new Routes(account, batches);
    loop = HttpLoop.start(new InetSocketAddress(host, settings.port()), Routes::maxBody, routes);
    routes.connectionsBy(loop::connections);
  }

  /** Starts with {@link SimulatorSettings#defaults}. */
  public static Simulator start() {
    return start(SimulatorSettings.defaults());
  }

  /** Starts; a port that is taken is an {@link java.io.UncheckedIOException}. */
  public static Simulator start(SimulatorSettings settings) {
    return new Simulator(settings);
  }

  /** What to set {@code ANTHROPIC_BASE_URL} to. */
  public URI baseUri() {
    String name = host.contains(":") ? "[" + host + "]" : host;
    return URI.create("http://" + name + ":" + port());
  }

  public int port() {
    return loop.port();
  }

  /** The next so many calls meet the fault. */
  public void fail(int calls, Fault fault) {
    fail(FaultRule.next(calls, fault));
  }

  /** Adds a rule behind those already set; the first that fits a call strikes. */
  public void fail(FaultRule rule) {
    change(() -> account.faults().add(rule));
  }

  /** The next so many batches, or items of batches, meet the fault. */
  public void fail(int times, BatchFault fault) {
    fail(BatchFaultRule.next(times, fault));
  }

  /** Adds a rule for batches created or items processed from now on. */
  public void fail(BatchFaultRule rule) {
    change(() -> account.batchFaults().add(rule));
  }

  /** Forgets the rules set by {@link #fail} and the control API, and what markers were used up. */
  public void clearFaults() {
    change(() -> {
      account.faults().clear();
      account.batchFaults().clear();
    });
  }

  /** The rules still in force, with what is left of their times. */
  public List<FaultRule> faults() {
    return loop.call(() -> account.faults().active());
  }

  /** For calls that come from now on. */
  public void latency(Latency latency) {
    change(() -> account.latency(latency));
  }

  /** For calls that come from now on. */
  public void outputTokens(Distribution tokens) {
    change(() -> account.outputTokens(tokens));
  }

  /** For batches created from now on. */
  public void batches(BatchSettings settings) {
    change(() -> batches.settings(settings));
  }

  /** How all batches really stand, oldest first, deleted ones included. */
  public List<BatchState> batches() {
    return ask(batches::states);
  }

  /** What became of every item of every batch, and what was billed for it. */
  public List<BatchItem> batchItems() {
    return ask(() -> batches.items(null));
  }

  /** What became of every item of a batch, and what was billed for it. */
  public List<BatchItem> batchItems(String batchId) {
    return ask(() -> batches.items(batchId));
  }

  /** Lets every batch end now, stuck ones too; what still makes no progress counts as expired. */
  public void finishBatches() {
    change(batches::finish);
  }

  /** Changes limits on the fly; each bucket keeps the share to which it was full. */
  public void limits(Limits limits) {
    change(() -> account.limits(limits));
  }

  /**
   * From now on no answer goes out, however long its latency is over, until {@link #release}.
   * Faults still strike at once.
   */
  public void hold() {
    change(() -> account.hold(true));
  }

  public void release() {
    change(() -> account.hold(false));
  }

  public Stats stats() {
    return ask(() -> account.stats(loop.connections()));
  }

  /**
   * What a pool let through and refused, second by second, of the last hour and up to now; seconds
   * in which nothing happened are left out.
   */
  public List<PoolSecond> history(String pool) {
    return ask(() -> account.history(pool));
  }

  /** The calls remembered, oldest first. */
  public List<Received> journal() {
    return ask(() -> account.journal().received((String) null));
  }

  /**
   * The calls remembered that carried this job in {@code x-millrace-job}: how often it really was
   * called.
   */
  public List<Received> callsOf(String job) {
    return ask(() -> account.journal().received(job));
  }

  /** Waits until so many calls have been received since the start or the last reset. */
  public void awaitReceived(long calls, Duration atMost)
      throws TimeoutException, InterruptedException {
    await(ask(() -> account.journal().received(calls, null)), atMost);
  }

  /** Waits until so many calls of this job have been received. */
  public void awaitCallsOf(String job, long calls, Duration atMost)
      throws TimeoutException, InterruptedException {
    await(ask(() -> account.journal().received(calls, job)), atMost);
  }

  /** Waits until no call is in flight: each was answered, has failed or was left by its client. */
  public void awaitIdle(Duration atMost) throws TimeoutException, InterruptedException {
    await(ask(() -> account.journal().idle()), atMost);
  }

  private static void await(CompletableFuture<Void> reached, Duration atMost)
      throws TimeoutException, InterruptedException {
    try {
      reached.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("only completed, never failed", e);
    }
  }

  /**
   * Forgets calls, sums, batches, faults and cache, fills the buckets and lets held answers go;
   * latency, lengths and limits stay.
   */
  public void reset() {
    change(() -> {
      account.reset();
      batches.clear();
    });
  }

  @Override
  public void close() {
    loop.close();
  }

  private <T> T ask(Supplier<T> question) {
    return loop.call(question);
  }

  private void change(Runnable change) {
    loop.call(() -> {
      change.run();
      return true;
    });
  }
}
