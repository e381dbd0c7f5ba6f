package io.millrace.api.patience;

import io.millrace.api.problem.Refused;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Reads for many who ask at the same moment, as when thousands are woken: whoever asks while others
 * wait shares their question, a few questions run at a time, and the more wait the more each
 * question is for. So that the connections that are left serve everybody else.
 */
public final class Batches<K, V> {

  private static final int LARGEST = 200;

  /** Thousands take seconds; for longer only a store waits that does not answer. */
  private static final Duration LONGEST = Duration.ofSeconds(15);

  private final Function<List<K>, Map<K, V>> question;
  private final int atOnce;
  private final Map<K, CompletableFuture<Optional<V>>> waiting = new LinkedHashMap<>();
  private int running;

  /** At most {@code atOnce} questions at once; a key without an answer is missing in its map. */
  public Batches(int atOnce, Function<List<K>, Map<K, V>> question) {
    this.atOnce = atOnce;
    this.question = question;
  }

  /**
   * What is found for the key by a question that begins after this call.
   *
   * @throws Refused with 503 where no answer came in time
   */
  public Optional<V> find(K key) throws InterruptedException {
    try {
      return ask(key).get(LONGEST.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException silent) {
      throw new Refused(Patience.storeSilent());
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new CompletionException(failed.getCause());
    }
  }

  private synchronized CompletableFuture<Optional<V>> ask(K key) {
    var answer = waiting.computeIfAbsent(key, same -> new CompletableFuture<>());
    if (running < atOnce) {
      running++;
      Thread.ofVirtual().start(this::run);
    }
    return answer;
  }

  private void run() {
    for (var batch = next(); !batch.isEmpty(); batch = next()) {
      try {
        Map<K, V> found = question.apply(List.copyOf(batch.keySet()));
        batch.forEach((key, answer) -> answer.complete(Optional.ofNullable(found.get(key))));
      } catch (RuntimeException | Error failure) {
        batch.values().forEach(answer -> answer.completeExceptionally(failure));
      }
    }
  }

  private synchronized Map<K, CompletableFuture<Optional<V>>> next() {
    Map<K, CompletableFuture<Optional<V>>> batch = new LinkedHashMap<>();
    Iterator<Map.Entry<K, CompletableFuture<Optional<V>>>> entries = waiting.entrySet().iterator();
    while (entries.hasNext() && batch.size() < LARGEST) {
      var entry = entries.next();
      batch.put(entry.getKey(), entry.getValue());
      entries.remove();
    }
    if (batch.isEmpty()) {
      running--;
    }
    return batch;
  }
}
