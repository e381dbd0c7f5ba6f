package io.millrace.testkit;

import io.millrace.db.job.NewJob;
import io.millrace.db.job.Submissions;
import io.millrace.db.job.Submitted;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.Keeping;
import io.millrace.job.Lane;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A job to submit, everything at a sane default: a test states only what it is about. */
public final class JobFixture {

  private int tenantId = 1;
  private Lane lane = Lane.STANDARD;
  private String model = "claude-haiku-5-5";
  private String pool = "haiku-5.5";
  private List<String> fallbacks = List.of();
  private String prompt = "Say hello.";
  private int maxAttempts = 6;
  private Duration timeout = Duration.ofSeconds(60);
  private int maxTokens = 64;
  private boolean retryAmbiguous = true;
  private Keeping keeping = Keeping.STANDARD;
  private @Nullable String userId;
  private @Nullable String feature;
  private @Nullable String metadata;
  private @Nullable String webhookUrl;
  private @Nullable UUID batchId;
  private @Nullable Instant batchUntil;
  private @Nullable Instant submittedAt;
  private @Nullable Instant runAt;
  private @Nullable Instant expiresAt;
  private NewJob.@Nullable IdempotencyKey key;

  private JobFixture() {}

  public static JobFixture job() {
    return new JobFixture();
  }

  public JobFixture tenant(int id) {
    tenantId = id;
    return this;
  }

  public JobFixture lane(Lane changed) {
    lane = changed;
    return this;
  }

  public JobFixture pool(String changed) {
    pool = changed;
    return this;
  }

  /** Its model, and the pool that goes with it. */
  public JobFixture model(String changed, String itsPool) {
    model = changed;
    pool = itsPool;
    return this;
  }

  public JobFixture fallbacks(String... models) {
    fallbacks = List.of(models);
    return this;
  }

  public JobFixture prompt(String changed) {
    prompt = changed;
    return this;
  }

  public JobFixture maxAttempts(int changed) {
    maxAttempts = changed;
    return this;
  }

  public JobFixture timeout(Duration changed) {
    timeout = changed;
    return this;
  }

  public JobFixture userId(String changed) {
    userId = changed;
    return this;
  }

  public JobFixture feature(String changed) {
    feature = changed;
    return this;
  }

  /** With a URL of its own that its end is told to. */
  public JobFixture webhook(String url) {
    webhookUrl = url;
    return this;
  }

  /** An item of that batch. */
  public JobFixture batch(UUID id) {
    batchId = id;
    return this;
  }

  /** Until then it may go by provider batch. */
  public JobFixture byBatchUntil(Instant until) {
    batchUntil = until;
    return this;
  }

  public JobFixture maxTokens(int changed) {
    maxTokens = changed;
    return this;
  }

  public JobFixture failOnAmbiguous() {
    retryAmbiguous = false;
    return this;
  }

  /** The caller's own pairs, as a JSON object. */
  public JobFixture metadata(String json) {
    metadata = json;
    return this;
  }

  /** Its prompt and answer go once they were handed over. */
  public JobFixture keepNothing() {
    keeping = Keeping.NONE;
    return this;
  }

  /** The time in its id, by which it is kept. */
  public JobFixture submittedAt(Instant changed) {
    submittedAt = changed;
    return this;
  }

  public JobFixture runAt(Instant changed) {
    runAt = changed;
    return this;
  }

  public JobFixture expiresAt(Instant changed) {
    expiresAt = changed;
    return this;
  }

  /** With an idempotency key, for a request whose raw body is {@code body}. */
  public JobFixture key(String name, String body) {
    key = new NewJob.IdempotencyKey("/v1/jobs", name, sha256(body));
    return this;
  }

  public NewJob build() {
    byte[] params = params();
    return new NewJob(
        JobId.create(
            submittedAt == null ? Instant.now() : submittedAt, ThreadLocalRandom.current()),
        tenantId,
        lane,
        pool,
        model,
        runAt,
        expiresAt,
        maxAttempts,
        timeout,
        retryAmbiguous,
        params.length / 3,
        maxTokens,
        null,
        userId,
        feature,
        batchId,
        batchUntil,
        keeping,
        new NewJob.Request(params, "2026-10-21", List.of(), fallbacks, metadata, webhookUrl, null),
        key);
  }

  /** Stores the job. */
  public JobId submit(Database database) {
    var job = build();
    return switch (new Submissions(database).submit(List.of(job)).getFirst()) {
      case Submitted.Created(var id, _, _) -> id;
      case Submitted.Replayed(var id) -> id;
      case Submitted.KeyReused _ -> throw new IllegalStateException("the key was used before");
    };
  }

  /** Stores that many such jobs at once. */
  public List<JobId> submit(Database database, int jobs) {
    var built = IntStream.range(0, jobs).mapToObj(_ -> build()).toList();
    new Submissions(database).submit(built);
    return built.stream().map(NewJob::id).toList();
  }

  private byte[] params() {
    return """
    {"model":"%s","max_tokens":%d,"messages":[{"role":"user","content":"%s"}]}\
    """
        .formatted(model, maxTokens, prompt)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
