package io.millrace.simulator.batch;

import io.millrace.simulator.answer.Account;
import io.millrace.simulator.http.Exchange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * All batches since the start or the last reset, deleted ones included, and what was really
 * processed and billed in them. Used on the server's one thread only.
 */
public final class BatchRecords {
  private static final int LINES = 200;
  private static final long NO_HURRY_NANOS = 3_600_000_000_000L;

  private final Account account;
  private final ItemWork work;
  private final Map<String, Batch> all = new LinkedHashMap<>();
  private final List<Batch> open = new ArrayList<>();
  private BatchSettings settings;

  public BatchRecords(Account account, BatchSettings settings) {
    this.account = account;
    this.settings = settings;
    work = new ItemWork(account);
  }

  public BatchSettings settings() {
    return settings;
  }

  /** For batches created from now on. */
  public void settings(BatchSettings changed) {
    settings = changed;
  }

  void add(Batch batch) {
    all.put(batch.id(), batch);
    open.add(batch);
  }

  Optional<Batch> find(String id) {
    return Optional.ofNullable(all.get(id));
  }

  List<Batch> newestFirst() {
    return List.copyOf(all.values()).reversed();
  }

  /** Those that had not ended when they were last looked at. */
  Collection<Batch> open() {
    open.removeIf(Batch::isEnded);
    return List.copyOf(open);
  }

  /** Does what is due, until this {@link System#nanoTime}; true: all has been done. */
  boolean upToDate(Collection<Batch> batches, long now, long until) {
    int steps = 0;
    for (Batch batch : batches) {
      while (batch.step(now, work)) {
        if ((++steps & 15) == 0 && System.nanoTime() - until > 0) {
          return false;
        }
      }
    }
    return true;
  }

  private void upToDate() {
    upToDate(open(), account.nanos(), System.nanoTime() + NO_HURRY_NANOS);
  }

  /** How all batches really stand, oldest first. */
  public List<BatchState> states() {
    upToDate();
    return all.values().stream().map(Batch::state).toList();
  }

  /** What became of every item, batch by batch; of one batch only, if given. */
  public List<BatchItem> items(@Nullable String batchId) {
    upToDate();
    return stream(batchId, item -> true).toList();
  }

  /** Lets every batch finish what it has left: now. */
  public void finish() {
    upToDate();
    long now = account.nanos();
    open().forEach(batch -> batch.finish(now, work));
    upToDate();
  }

  /** Forgets all batches. */
  public void clear() {
    all.clear();
    open.clear();
  }

  private Stream<BatchItem> stream(@Nullable String batchId, Predicate<Item> wanted) {
    return all.values().stream()
        .filter(batch -> batchId == null || batchId.equals(batch.id()))
        .flatMap(batch ->
            Stream.iterate(0, i -> i < batch.size(), i -> i + 1)
                .map(batch::item)
                .filter(wanted)
                .map(item -> item.record(batch.id())));
  }

  /** The states as the control API shows them. */
  public ObjectNode statesJson() {
    ObjectNode node = JsonMapper.shared().createObjectNode();
    var batches = node.putArray("batches");
    states().forEach(state -> batches.add(BatchJson.state(state)));
    Map<String, Integer> answered = new HashMap<>();
    stream(null, item -> item.outcome() == ItemOutcome.SUCCEEDED)
        .forEach(item -> answered.merge(item.customId(), 1, Integer::sum));
    node.put("succeeded", answered.values().stream().mapToLong(Integer::longValue).sum());
    node.put(
        "succeeded_more_than_once", answered.values().stream().filter(times -> times > 1).count());
    return node;
  }

  /** The items as lines of JSON, each made when the client has room for it. */
  public Exchange.Pieces itemLines(@Nullable String batchId, @Nullable String customId) {
    upToDate();
    Iterator<BatchItem> items =
        stream(batchId, item -> customId == null || customId.equals(item.customId())).iterator();
    return () -> {
      if (!items.hasNext()) {
        return null;
      }
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < LINES && items.hasNext(); i++) {
        lines.append(BatchJson.item(items.next())).append('\n');
      }
      return lines.toString().getBytes(StandardCharsets.US_ASCII);
    };
  }
}
