package io.millrace.wire;

import io.millrace.db.job.JobView;
import io.millrace.failure.FailureClass;
import io.millrace.failure.FailureCode;
import io.millrace.job.BatchId;
import io.millrace.money.Usage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes the job object; Claude's answer goes in as the bytes that Claude sent. */
public final class JobJson {

  private final JobView job;
  private final Waiting waiting;
  private final JsonWriter json = new JsonWriter();
  private @Nullable String resultUrl;

  private JobJson(JobView job, Waiting waiting) {
    this.job = job;
    this.waiting = waiting;
  }

  /** The job as it stands {@code now}, without a look at the rate that it may wait for. */
  public static byte[] write(JobView job, Instant now) {
    return write(job, Waiting.of(job, now));
  }

  /** The job, and why it waits. */
  public static byte[] write(JobView job, Waiting waiting) {
    return new JobJson(job, waiting).object(true);
  }

  /** The job with no result but the address where it is to be had. */
  public static byte[] omittingResult(JobView job, Instant now, String url) {
    var writer = new JobJson(job, Waiting.of(job, now));
    writer.resultUrl = url;
    return writer.object(true);
  }

  /** The same as an item of a list that was not asked for results. */
  public static byte[] withoutResult(JobView job, Waiting waiting) {
    return new JobJson(job, waiting).object(false);
  }

  /** What came of a job that has ended, as one line, whatever breaks Claude's answer holds. */
  public static byte[] line(JobView job) {
    return inOneLine(new JobJson(job, Waiting.NONE).outcome());
  }

  /**
   * What came of an item of a batch, as one line, in the shape of the Claude API.
   *
   * @param cursor behind which to go on
   */
  public static byte[] itemLine(JobView job, String cursor) {
    return inOneLine(new JobJson(job, Waiting.NONE).item(cursor));
  }

  private static byte[] inOneLine(byte[] line) {
    // Within strings JSON has no raw line breaks: what there is stands between its tokens.
    for (int i = 0; i < line.length; i++) {
      if (line[i] == '\n' || line[i] == '\r') {
        line[i] = ' ';
      }
    }
    return line;
  }

  private byte[] item(String cursor) {
    json.text("custom_id", job.terms().customId());
    result();
    json.object("millrace")
        .text("job_id", job.id().toString())
        .text("cursor", cursor)
        .number("attempts", job.attempts())
        .money("cost", job.cost())
        .end();
    return json.finish();
  }

  private byte[] outcome() {
    json.text("id", job.id().toString())
        .text("type", "job_result")
        .text("custom_id", job.terms().customId())
        .text("status", job.state().wireName());
    result();
    failure();
    usage(job.usage());
    cost();
    json.text("model", job.model());
    fallback();
    json.number("attempts", job.attempts())
        .text("lane", job.lane().wireName())
        .text("user_id", job.terms().userId())
        .text("feature", job.terms().feature())
        .text("batch_id", batchId());
    metadata(job.terms());
    json.time("created_at", job.createdAt())
        .time("started_at", job.startedAt())
        .time("finished_at", job.finishedAt());
    return json.finish();
  }

  private byte[] object(boolean withResult) {
    json.text("id", job.id().toString())
        .text("type", "job")
        .text("status", job.state().wireName())
        .text("lane", job.lane().wireName())
        .text("custom_id", job.terms().customId())
        .text("model", job.model());
    fallback();
    json.text("batch_id", batchId())
        .time("created_at", job.createdAt())
        .time("started_at", job.startedAt())
        .time("finished_at", job.finishedAt())
        .time("expires_at", job.expiresAt())
        .time("cancel_requested_at", job.cancelRequestedAt())
        .number("attempts", job.attempts());
    json.text("waiting_for", waiting.wireName()).time("expected_start", waiting.expectedStart());
    if (withResult) {
      result();
    }
    failure();
    usage(job.usage());
    cost();
    terms(job.terms());
    return json.finish();
  }

  private @Nullable String batchId() {
    return job.batchId() == null ? null : new BatchId(job.batchId()).toString();
  }

  private void fallback() {
    var fallback = job.fallback();
    if (fallback == null) {
      json.text("fallback", null);
    } else {
      json.object("fallback")
          .text("model", fallback.model())
          .text("reason", fallback.reason())
          .end();
    }
  }

  private void cost() {
    json.object("cost")
        .text("currency", "USD")
        .money("amount", job.cost())
        .money("suspected", job.suspectedCost())
        .end();
  }

  private void result() {
    if (!job.state().isFinal()) {
      json.text("result", null);
      return;
    }
    json.object("result");
    if (resultUrl != null) {
      json.text("type", "omitted").text("url", resultUrl).end();
      return;
    }
    switch (job.state()) {
      case SUCCEEDED -> {
        json.text("type", "succeeded");
        // Erased, or gone with its partition: that it succeeded is still true.
        if (job.body() == null) {
          json.text("message", null);
        } else {
          json.raw("message", job.body());
        }
      }
      case FAILED -> json.text("type", "errored").raw("error", errorEnvelope());
      case CANCELED -> json.text("type", "canceled");
      case EXPIRED -> json.text("type", "expired");
      case QUEUED, RUNNING -> throw new IllegalStateException("not final");
    }
    json.end();
  }

  /** The provider's, byte for byte, where it sent one; else one of ours in the same shape. */
  private byte[] errorEnvelope() {
    byte[] theirs = job.body();
    return theirs != null
        ? theirs
        : new JsonWriter()
            .text("type", "error")
            .object("error")
            .text("type", "api_error")
            .text("message", failureMessage())
            .end()
            .finish();
  }

  private void failure() {
    if (job.failureCode() == null) {
      json.text("failure", null);
      return;
    }
    json.object("failure")
        .text("code", job.failureCode())
        .text(
            "class", code().map(FailureCode::failureClass).map(FailureClass::wireName).orElse(null))
        .text("message", failureMessage())
        .end();
  }

  private Optional<FailureCode> code() {
    return Optional.ofNullable(job.failureCode()).flatMap(FailureCode::fromWireName);
  }

  private String failureMessage() {
    return job.failureMessage() != null
        ? job.failureMessage()
        : code().map(FailureCode::description).orElse("The job failed.");
  }

  private void usage(Usage usage) {
    json.object("usage")
        .number("input_tokens", usage.inputTokens())
        .number("output_tokens", usage.outputTokens())
        .number("cache_read_input_tokens", usage.cacheReadTokens())
        .number("cache_creation_input_tokens", usage.cacheWriteTokens())
        .end();
  }

  private void terms(JobView.Terms terms) {
    json.text("user_id", terms.userId()).text("feature", terms.feature());
    metadata(terms);
    json.time("run_at", terms.runAt())
        .number("max_attempts", terms.maxAttempts())
        .texts("fallback_models", terms.fallbackModels())
        .text("on_ambiguous", terms.retryAmbiguous() ? "retry" : "fail")
        .number("timeout_seconds", terms.timeoutSeconds());
    if (terms.webhookUrl() == null) {
      json.text("webhook", null);
    } else {
      json.object("webhook").text("url", terms.webhookUrl()).end();
    }
    json.text("anthropic_version", terms.anthropicVersion())
        .texts("anthropic_beta", terms.anthropicBeta())
        .text("retention", terms.keeping().wireName());
  }

  private void metadata(JobView.Terms terms) {
    if (terms.metadata() == null) {
      json.text("metadata", null);
    } else {
      json.raw("metadata", terms.metadata().getBytes(StandardCharsets.UTF_8));
    }
  }
}
