package io.millrace.claude.estimate;

import io.millrace.claude.estimate.Habits.Newcomers;
import io.millrace.claude.estimate.Habits.Times;
import io.millrace.money.Usage;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What calls are expected to take of the rate, learnt from what calls took.
 *
 * <p>The estimate made at intake is multiplied by what a token of it came to, by model, and soon by
 * tenant and feature; the part of the prompt that a cache makes free and the length of the answer
 * are learnt by tenant and feature. While little is known of a feature, what the tenant's earlier
 * features took at first stands in; before that, the whole prompt and {@link
 * Estimator#outputGuess}. Expectations are careful at first, right on the average within tens of
 * calls, and follow a change about as fast.
 *
 * <p>Safe for many threads; remembers the latest {@value #MOST_FEATURES} features used. Nothing is
 * kept over a restart.
 */
public final class LearntEstimates {

  static final int MOST_FEATURES = 10_000;
  private static final int MOST_TENANTS = 2_000;
  private static final int MOST_MODELS = 500;
  private static final int MODEL_WINDOW = 256;

  private final LongSupplier nanoTime;
  private final Map<String, Common> models = latest(MOST_MODELS);
  private final Map<TenantKey, Newcomers> tenants = latest(MOST_TENANTS);
  private final Map<FeatureKey, Habits> features = latest(MOST_FEATURES);

  public LearntEstimates(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * What is known of a request before it is sent.
   *
   * @param feature what the caller named it for, if he did
   * @param estimatedInput the estimate made at intake
   * @param maxOutput its {@code max_tokens}
   */
  public record Request(
      String model, int tenantId, @Nullable String feature, long estimatedInput, long maxOutput) {

    private TenantKey tenant() {
      return new TenantKey(model, tenantId);
    }

    private FeatureKey key() {
      return new FeatureKey(model, tenantId, feature);
    }
  }

  private record TenantKey(String model, int tenantId) {}

  private record FeatureKey(String model, int tenantId, @Nullable String feature) {}

  /** What all calls of a model have in common. */
  private static final class Common {
    private final Ratio prompt = new Ratio(MODEL_WINDOW);
    private final Lengths lengths = new Lengths();
    private final Pace pace = new Pace();
  }

  public synchronized Expected expect(Request request) {
    Common common = models.computeIfAbsent(request.model(), _ -> new Common());
    Newcomers newcomers = tenants.computeIfAbsent(request.tenant(), _ -> new Newcomers());
    Habits known = features.get(request.key());
    Habits habits = known == null ? new Habits() : known;
    double input =
        (double) request.estimatedInput()
            * habits.prompt(common.prompt.value(1))
            * habits.limited(newcomers, nanoTime.getAsLong());
    double bound = (double) request.maxOutput();
    double guess = (double) Estimator.outputGuess(request.maxOutput());
    double first =
        newcomers.lengths.value(bound, Math.max(guess, common.lengths.value(bound, guess)));
    return new Expected(
        (long) Math.ceil(input),
        Math.min(request.maxOutput(), (long) Math.ceil(habits.lengths.value(bound, first))),
        common.pace.perSecond(),
        common.pace.untilFirst());
  }

  /**
   * Takes in what a call took that has just been answered.
   *
   * @param untilFirstByte of the answer, counted like {@code whole} from the beginning of the call
   */
  public synchronized void learn(
      Request request, Usage usage, Duration untilFirstByte, Duration whole) {
    Common common = models.computeIfAbsent(request.model(), _ -> new Common());
    Newcomers newcomers = tenants.computeIfAbsent(request.tenant(), _ -> new Newcomers());
    Habits habits = features.computeIfAbsent(request.key(), _ -> new Habits());
    long estimated = Math.max(1, request.estimatedInput());
    long began = nanoTime.getAsLong() - whole.toNanos();
    common.prompt.add((double) usage.promptTokens(), (double) estimated);
    habits.learnInput(
        estimated, usage, new Times(began, began + untilFirstByte.toNanos()), newcomers);
    double output = (double) usage.outputTokens();
    double bound = (double) request.maxOutput();
    common.lengths.add(output, bound);
    if (habits.lengths.isUnknown()) {
      newcomers.lengths.add(output, bound);
    }
    habits.lengths.add(output, bound);
    common.pace.learn(usage.outputTokens(), untilFirstByte, whole);
  }

  synchronized int remembered() {
    return features.size();
  }

  private static <K, V> Map<K, V> latest(int most) {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
      }
    };
  }
}
