package io.millrace.simulator.batch;

import io.millrace.simulator.answer.Answers.Terms;
import io.millrace.simulator.journal.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One batch on its way: its items are due one after the other, in an order of their own, evenly
 * over the time it takes.
 *
 * <p>Nothing happens by itself: whoever wants to know how it stands first calls {@link #step} until
 * nothing is due. So a moved clock and a slow machine give the same outcome.
 */
final class Batch {
  private static final byte[] GONE = {};

  private final String id;
  private final Terms terms;
  private final Item[] items;
  private final long bytes;
  private final long created;
  private final BatchSettings settings;
  private final List<Item> stuckItems = new ArrayList<>();
  private byte[] body;
  private long takes;
  private boolean stuck;
  private int done;
  private int limit;
  private int doneAtCancel;
  private @Nullable Long canceled;
  private @Nullable Long ended;
  private boolean deleted;

  /**
   * @param order shuffled in place: the items in the order in which they are processed, and in
   *     which results show them
   * @param created as nanoseconds since the epoch
   * @param takes how long processing takes, in nanoseconds
   */
  Batch(
      String id,
      Terms terms,
      List<Item> order,
      byte[] body,
      long created,
      long takes,
      BatchSettings settings) {
    this.id = id;
    this.terms = terms;
    this.body = body;
    this.bytes = body.length;
    this.created = created;
    this.takes = takes;
    this.settings = settings;
    items = order.toArray(Item[]::new);
    limit = items.length;
  }

  void shuffle(RandomGenerator random) {
    for (int i = items.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      Item moved = items[i];
      items[i] = items[j];
      items[j] = moved;
    }
  }

  void stick() {
    stuck = true;
  }

  String id() {
    return id;
  }

  long created() {
    return created;
  }

  int size() {
    return items.length;
  }

  Item item(int i) {
    return items[i];
  }

  boolean isEnded() {
    return ended != null;
  }

  boolean isDeleted() {
    return deleted;
  }

  boolean isArchived(long now) {
    return now - created >= settings.archivedAfterNanos();
  }

  boolean isFound(long now) {
    return !deleted && now - created >= settings.notFound().toNanos();
  }

  boolean isListed(long now) {
    return !deleted && now - created >= settings.unlisted().toNanos();
  }

  @Nullable Long ended() {
    return ended;
  }

  @Nullable Long canceled() {
    return canceled;
  }

  long expires() {
    return created + settings.expiresAfterNanos();
  }

  long archived() {
    return created + settings.archivedAfterNanos();
  }

  /** How many items still count towards the queue, whether or not those due have been done. */
  int waiting(long now) {
    if (ended != null || now >= expires()) {
      return 0;
    }
    int from = done;
    int to = limit;
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (due(middle) <= now) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return limit - from + stuckItems.size();
  }

  /** Processes the next item, or ends the batch, if that is due; false: nothing is. */
  boolean step(long now, ItemWork work) {
    if (ended != null) {
      return false;
    }
    if (done < limit && due(done) <= Math.min(now, expires())) {
      Item item = items[done];
      if (!work.process(item, body, terms, due(done))) {
        stuckItems.add(item);
      }
      done++;
      return true;
    }
    if (canceled != null && done == limit) {
      end(
          done == doneAtCancel ? canceled : Math.max(canceled, due(done - 1)),
          ItemOutcome.CANCELED);
    } else if (done == items.length && stuckItems.isEmpty()) {
      end(created + takes, ItemOutcome.EXPIRED);
    } else if (now >= expires()) {
      end(expires(), ItemOutcome.EXPIRED);
    }
    return false;
  }

  private long due(int i) {
    if (canceled != null && i >= doneAtCancel) {
      long share = settings.canceling().toNanos() / Math.max(1, limit - doneAtCancel);
      return canceled + share * (i + 1 - doneAtCancel);
    }
    return stuck ? Long.MAX_VALUE : created + (long) ((double) takes * (i + 1) / items.length);
  }

  private void end(long at, ItemOutcome rest) {
    ended = at;
    for (Item item : items) {
      item.left(rest);
    }
    body = GONE;
    stuckItems.clear();
  }

  /** Lets only what is in flight finish. Everything due must have been done. */
  void cancel(long now) {
    if (canceled == null && ended == null) {
      canceled = now;
      doneAtCancel = done;
      limit = stuck ? done : Math.min(items.length, done + settings.inFlight());
    }
  }

  /** Makes all that is left due now. */
  void finish(long now, ItemWork work) {
    if (ended == null) {
      stuck = false;
      takes = Math.max(0, now - created);
      List<Item> left = List.copyOf(stuckItems);
      stuckItems.clear();
      left.forEach(item -> work.process(item, body, terms, now));
    }
  }

  void delete() {
    deleted = true;
  }

  String processingStatus() {
    if (ended != null) {
      return "ended";
    }
    return canceled != null ? "canceling" : "in_progress";
  }

  Map<ItemOutcome, Integer> counts() {
    Map<ItemOutcome, Integer> counts = new EnumMap<>(ItemOutcome.class);
    for (ItemOutcome outcome : ItemOutcome.values()) {
      counts.put(outcome, 0);
    }
    for (Item item : items) {
      counts.merge(item.outcome(), 1, Integer::sum);
    }
    return counts;
  }

  BatchState state() {
    Usage billed = Usage.NONE;
    for (Item item : items) {
      billed = billed.plus(item.usage());
    }
    return new BatchState(
        id,
        processingStatus(),
        instant(created),
        ended == null ? null : instant(ended),
        deleted,
        items.length,
        bytes,
        counts(),
        billed);
  }

  static Instant instant(long nanos) {
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L) / 1_000 * 1_000);
  }
}
