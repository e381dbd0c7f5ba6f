package io.millrace.claude.breaker;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** A breaker for each pool. Thread-safe. */
public final class Breakers {

  // Callers make up models, and an unknown model is a pool of its own.
  private static final int MOST = 500;

  private final BreakerTerms terms;
  private final LongSupplier nanoTime;
  private final Map<String, Breaker> breakers = new ConcurrentHashMap<>();

  public Breakers(BreakerTerms terms, LongSupplier nanoTime) {
    this.terms = terms;
    this.nanoTime = nanoTime;
  }

  /** The pool's breaker, closed when first asked for. */
  public Breaker of(String pool) {
    var known = breakers.get(pool);
    if (known != null) {
      return known;
    }
    if (breakers.size() >= MOST) {
      breakers.values().removeIf(breaker -> breaker.state() == Breaker.State.CLOSED);
    }
    return breakers.computeIfAbsent(pool, name -> new Breaker(name, terms, nanoTime));
  }

  /** The state of the pool's breaker; closed where nothing was called. */
  public Breaker.State state(String pool) {
    var known = breakers.get(pool);
    return known == null ? Breaker.State.CLOSED : known.state();
  }
}
