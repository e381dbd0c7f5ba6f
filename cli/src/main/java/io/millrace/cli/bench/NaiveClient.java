package io.millrace.cli.bench;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.AnthropicException;
import com.anthropic.models.messages.CacheControlEphemeral;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.TextBlockParam;
import java.net.URI;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What one would write without Millrace: threads that call through the official SDK, one job after
 * the other, with its retries as it has them by default and no limiter.
 */
final class NaiveClient implements AutoCloseable {

  private final AnthropicClient claude;
  private final JobMix mix;
  private final String model;

  // The SDK lets an interruption through undeclared, and the end of a measurement is no news.
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(
          Thread.ofVirtual().uncaughtExceptionHandler((_, _) -> {}).factory());

  private final AtomicLong done = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private volatile boolean stopping;

  private NaiveClient(URI claude, JobMix mix, String model) {
    this.claude =
        AnthropicOkHttpClient.builder().baseUrl(claude.toString()).apiKey("sk-bench-naive").build();
    this.mix = mix;
    this.model = model;
  }

  static NaiveClient start(URI claude, JobMix mix, String model, int threads) {
    var client = new NaiveClient(claude, mix, model);
    for (int i = 0; i < threads; i++) {
      long seed = i;
      client.threads.execute(() -> client.run(new SplittableRandom(seed)));
    }
    return client;
  }

  /**
   * What became of jobs so far.
   *
   * @param failed given up by the SDK
   */
  record Count(long done, long failed) {
    Count minus(Count earlier) {
      return new Count(done - earlier.done, failed - earlier.failed);
    }
  }

  Count count() {
    return new Count(done.get(), failed.get());
  }

  private void run(SplittableRandom random) {
    while (!stopping) {
      MessageCreateParams job = typed(mix.some(random));
      try {
        claude.messages().create(job);
        done.incrementAndGet();
      } catch (AnthropicException givenUp) {
        failed.incrementAndGet();
      }
    }
  }

  private MessageCreateParams typed(JobMix.Job job) {
    var typed =
        MessageCreateParams.builder()
            .model(model)
            .maxTokens(job.maxTokens())
            .addUserMessage(job.prompt());
    if (job.cached()) {
      typed.systemOfTextBlockParams(
          List.of(
              TextBlockParam.builder()
                  .text(JobMix.PREFIX)
                  .cacheControl(CacheControlEphemeral.builder().build())
                  .build()));
    }
    return typed.build();
  }

  @Override
  public void close() {
    stopping = true;
    threads.shutdownNow();
    claude.close();
  }
}
