package io.millrace.worker.batch;

import io.millrace.claude.batch.BatchBody;
import io.millrace.claude.batch.BatchBody.Item;
import io.millrace.db.batch.ProviderItems.Outgoing;
import io.millrace.db.job.Claims;
import io.millrace.db.job.Settlement.Effect;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.seal.UnreadableValue;
import io.millrace.failure.FailureCode;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.worker.execute.Judgement;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the requests of a batch from the store while its body is written: of all that is sent only
 * a portion is in memory. Breaks the body off where a request is missing, since the length of the
 * whole has been told by then; {@link #unsendable} says which.
 */
final class OutgoingItems implements BatchBody.Items {

  private static final Logger log = LoggerFactory.getLogger(OutgoingItems.class);
  private static final int MOST_ITEMS = 250;
  private static final long MOST_BYTES = 4L << 20;
  private static final Duration NO_KEY = Duration.ofSeconds(60);

  private final Claims claims;
  private final List<Outgoing> items;
  private final Queue<Item> read = new ArrayDeque<>();
  private final Map<JobId, Effect> unsendable = new HashMap<>();
  private int next;

  OutgoingItems(Claims claims, List<Outgoing> items) {
    this.claims = claims;
    this.items = items;
  }

  /** How many bytes they all take. */
  long lengths() {
    return items.stream()
        .mapToLong(item -> BatchBody.length(item.id().toString(), item.paramsBytes()))
        .sum();
  }

  /** Items that were met and cannot be sent, and what becomes of each. */
  Map<JobId, Effect> unsendable() {
    return unsendable;
  }

  @Override
  public @Nullable Item next() throws IOException {
    if (read.isEmpty() && next < items.size()) {
      readOn();
    }
    return read.poll();
  }

  private void readOn() throws IOException {
    List<Outgoing> portion = new ArrayList<>();
    long bytes = 0;
    while (next < items.size() && portion.size() < MOST_ITEMS && bytes < MOST_BYTES) {
      portion.add(items.get(next));
      bytes += items.get(next++).paramsBytes();
    }
    var payloads = claims.payloads(portion.stream().map(Outgoing::id).toList());
    for (Outgoing item : portion) {
      var payload = payloads.get(item.id());
      if (payload != null && payload.params().length == item.paramsBytes()) {
        read.add(new Item(item.id().toString(), payload.params()));
      } else {
        unsendable.put(item.id(), without(item.id(), payloads.unreadable().get(item.id())));
      }
    }
    if (!unsendable.isEmpty()) {
      throw new IOException(unsendable.size() + " requests cannot be read");
    }
  }

  // As with a job that goes by itself: what cannot be decrypted waits for its key.
  private static Effect without(JobId id, @Nullable UnreadableValue unreadable) {
    if (unreadable != null) {
      log.error(
          "{} goes back to the queue for {} s without a call: {}",
          id,
          NO_KEY.toSeconds(),
          unreadable.getMessage());
      return new Requeue(NO_KEY);
    }
    return new Finish(
        JobState.FAILED,
        FailureCode.REQUEST_MISSING.wireName(),
        Judgement.envelope(FailureCode.REQUEST_MISSING.description()));
  }
}
