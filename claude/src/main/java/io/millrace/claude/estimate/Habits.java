package io.millrace.claude.estimate;

import io.millrace.money.Usage;
import java.time.Duration;

/**
 * What the calls of one tenant's feature with one model have in common.
 *
 * <p>A prompt cache makes most of a prompt free of the limit, but only while it lives: the first
 * calls of a prefix write it, and so do the first after a pause. Calls that began when nothing was
 * known to be cached are therefore no evidence of what later calls take, but of what the first
 * calls of other features will.
 */
final class Habits {

  private static final int PROMPT_WINDOW = 64;
  private static final int CACHE_WINDOW = 32;
  private static final long SHORT_LIFE = Duration.ofMinutes(5).toNanos();
  private static final long LONG_LIFE = Duration.ofHours(1).toNanos();

  final Lengths lengths = new Lengths();
  private final Ratio prompt = new Ratio(PROMPT_WINDOW);
  private final Ratio limited = new Ratio(CACHE_WINDOW);
  private boolean caches;
  private long life = SHORT_LIFE;
  private long warmFrom;
  private long warmUntil;

  /** Tokens of the whole prompt for each estimated one. */
  double prompt(double presumed) {
    return prompt.value(presumed);
  }

  /** The part of the prompt that counts against the limit. */
  double limited(Newcomers newcomers, long now) {
    double first = newcomers.limited();
    double usual = limited.value(first);
    return Math.min(1, isCold(now) ? Math.max(first, usual) : usual);
  }

  void learnInput(long estimated, Usage usage, Times times, Newcomers newcomers) {
    boolean first = prompt.isUnknown();
    prompt.add((double) usage.promptTokens(), (double) estimated);
    if (usage.promptTokens() == 0) {
      return;
    }
    boolean reads = usage.cacheReadTokens() > 0;
    boolean uses = reads || usage.cacheWriteTokens() > 0;
    boolean cold = uses && (!caches || isCold(times.began()));
    if (cold || first) {
      newcomers.learnInput(usage);
    }
    if (!cold || reads) {
      addLimited(limited, usage);
    }
    if (uses) {
      warm(usage, times, cold);
    }
  }

  /** A cache lives from the beginning of the call, and can be read once its answer begins. */
  private void warm(Usage usage, Times times, boolean cold) {
    if (usage.cacheWriteTokens() > 0) {
      life = usage.cacheWrite1hTokens() > 0 ? LONG_LIFE : SHORT_LIFE;
    }
    long from = usage.cacheReadTokens() > 0 ? times.began() : times.answered();
    long until = times.began() + life;
    boolean lapsed = !caches || times.began() - warmUntil > 0;
    if (lapsed || (cold && from - warmFrom < 0)) {
      warmFrom = from;
    }
    if (!caches || until - warmUntil > 0) {
      warmUntil = until;
    }
    caches = true;
  }

  private static void addLimited(Ratio limited, Usage usage) {
    limited.add((double) usage.rateLimitedInputTokens(), (double) usage.promptTokens());
  }

  private boolean isCold(long now) {
    return caches && (now - warmFrom < 0 || now - warmUntil > 0);
  }

  /** When a call was made, in nanoseconds of a clock that only goes forward. */
  record Times(long began, long answered) {}

  /** What a tenant's first calls of a feature take with a model. */
  static final class Newcomers {

    final Lengths lengths = new Lengths();
    private final Ratio limited = new Ratio(CACHE_WINDOW);

    private double limited() {
      return Math.min(1, limited.value(1));
    }

    private void learnInput(Usage usage) {
      addLimited(limited, usage);
    }
  }
}
