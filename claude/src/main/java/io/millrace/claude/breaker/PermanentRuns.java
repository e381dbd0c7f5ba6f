package io.millrace.claude.breaker;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Counts permanent failures in a row, by pool. One tenant's broken requests are its own affair;
 * where those of several tenants are refused with no success between them, the account or the
 * upstream is at fault, and every further call would cost a job its life. Thread-safe.
 */
public final class PermanentRuns {

  static final int FAILURES = 20;
  static final int TENANTS = 3;
  private static final int MOST_POOLS = 500;

  private final Map<String, Run> runs = new HashMap<>();

  private static final class Run {
    private final Set<Integer> tenants = new HashSet<>();
    private int failures;
  }

  /** A call of that pool succeeded: the run is over. */
  public synchronized void succeeded(String pool) {
    runs.remove(pool);
  }

  /**
   * A call was refused for good.
   *
   * @return whether that makes the pool suspect; the count then starts anew
   */
  public synchronized boolean failed(String pool, int tenantId) {
    if (runs.size() >= MOST_POOLS && !runs.containsKey(pool)) {
      runs.clear();
    }
    var run = runs.computeIfAbsent(pool, _ -> new Run());
    run.failures++;
    if (run.tenants.size() < TENANTS) {
      run.tenants.add(tenantId);
    }
    boolean suspect = run.failures >= FAILURES && run.tenants.size() >= TENANTS;
    if (suspect) {
      runs.remove(pool);
    }
    return suspect;
  }
}
