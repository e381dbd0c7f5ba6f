package io.millrace.api.submit;

import io.millrace.claude.call.CallTimeout;
import io.millrace.claude.estimate.Estimator;
import io.millrace.claude.estimate.RequestShape;
import io.millrace.db.job.NewJob;
import io.millrace.job.JobId;
import io.millrace.model.ModelCatalogue;
import io.millrace.model.Retirement;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Makes jobs of submissions: what the caller left open is filled in here. */
public final class NewJobs {

  private final ModelCatalogue models;
  private final Estimator estimator;
  private final CallTimeout timeout;
  private final Clock clock;
  private final RandomGenerator random;

  NewJobs(ModelCatalogue models, CallTimeout timeout, Clock clock, RandomGenerator random) {
    this.models = models;
    this.estimator = new Estimator(models);
    this.timeout = timeout;
    this.clock = clock;
    this.random = random;
  }

  /** What is to be said of the model that was asked for, where it will not be there for long. */
  Optional<Retirement> retirement(Submission submission) {
    return retirement(submission.params().model());
  }

  /** What is to be said of that model. */
  public Optional<Retirement> retirement(String model) {
    return models.retirement(model, clock.instant());
  }

  NewJob of(
      int tenant,
      Submission submission,
      HttpServletRequest request,
      NewJob.@Nullable IdempotencyKey key,
      @Nullable String traceParent) {
    var params = submission.params();
    var betas = AnthropicHeaders.betas(submission, request);
    var measure = measure(submission, betas);
    return new NewJob(
        JobId.create(clock.instant(), random),
        tenant,
        submission.lane(),
        models.pool(params.model()),
        params.model(),
        submission.runAt(),
        submission.expiresAt(),
        submission.maxAttempts(),
        measure.timeout(),
        submission.retryAmbiguous(),
        measure.input(),
        params.maxTokens(),
        submission.customId(),
        submission.userId(),
        submission.feature(),
        null,
        null,
        submission.keeping(),
        new NewJob.Request(
            params.json(),
            AnthropicHeaders.version(submission, request),
            betas,
            submission.fallbackModels(),
            submission.metadata(),
            submission.webhookUrl(),
            traceParent),
        key);
  }

  /** The rate pool of that model. */
  public String pool(String model) {
    return models.pool(model);
  }

  /** How much a request holds, and how long a call of it may take. */
  public record Measure(int input, Duration timeout) {}

  /** Measures a submission whose calls use these betas. */
  public Measure measure(Submission submission, List<String> betas) {
    var params = submission.params();
    var shape = RequestShape.of(params.json());
    long input = estimator.estimate(shape).inputTokens();
    var wished = submission.timeout();
    boolean elaborate = shape.tools() || !betas.isEmpty();
    return new Measure(
        (int) Math.min(Integer.MAX_VALUE, input),
        wished == null ? timeout.fitting(params.maxTokens(), input, elaborate) : wished);
  }
}
