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
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Makes jobs of submissions: what the caller left open is filled in here. */
final class NewJobs {

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
    return models.retirement(submission.params().model(), clock.instant());
  }

  NewJob of(
      int tenant,
      Submission submission,
      HttpServletRequest request,
      NewJob.@Nullable IdempotencyKey key,
      @Nullable String traceParent) {
    var params = submission.params();
    var shape = RequestShape.of(params.json());
    long input = estimator.estimate(shape).inputTokens();
    var betas = AnthropicHeaders.betas(submission, request);
    boolean elaborate = shape.tools() || !betas.isEmpty();
    return new NewJob(
        JobId.create(clock.instant(), random),
        tenant,
        submission.lane(),
        models.pool(params.model()),
        params.model(),
        submission.runAt(),
        submission.expiresAt(),
        submission.maxAttempts(),
        timeout(submission, input, elaborate),
        submission.retryAmbiguous(),
        (int) Math.min(Integer.MAX_VALUE, input),
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

  private Duration timeout(Submission submission, long input, boolean elaborate) {
    var wished = submission.timeout();
    return wished == null
        ? timeout.fitting(submission.params().maxTokens(), input, elaborate)
        : wished;
  }
}
