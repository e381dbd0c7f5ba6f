package io.millrace.simulator.batch;

import io.millrace.simulator.answer.Access;
import io.millrace.simulator.answer.Account;
import io.millrace.simulator.answer.Answers.Terms;
import io.millrace.simulator.answer.Page;
import io.millrace.simulator.fault.BatchCall;
import io.millrace.simulator.fault.BatchFault;
import io.millrace.simulator.http.Exchange;
import io.millrace.simulator.http.HttpLoop;
import io.millrace.simulator.http.HttpRequest;
import io.millrace.simulator.limit.PoolLimits;
import io.millrace.simulator.message.Rejected;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The endpoints under {@code /v1/messages/batches}.
 *
 * <p>Whoever asks how batches stand waits until they have been brought up to date, which is done in
 * slices, so that a hundred thousand items hold up no other call.
 */
public final class Batches {
  /** The longest body of a create request. */
  public static final long MAX_BODY = 256L * 1024 * 1024;

  public static final String PATH = "/v1/messages/batches";

  private static final JsonMapper JSON = JsonMapper.shared();
  private static final long SLICE_NANOS = 2_000_000;

  private final Account account;
  private final BatchRecords records;

  public Batches(Account account, BatchRecords records) {
    this.account = account;
    this.records = records;
  }

  /** Answers a request to {@link #PATH} or below it. */
  public void handle(HttpRequest http, Exchange exchange) {
    String[] parts = http.path().substring(PATH.length()).split("/", -1);
    String id = parts.length > 1 ? parts[1] : "";
    String shape =
        switch (parts.length) {
          case 1 -> "";
          case 2 -> "/{id}";
          default -> "/{id}/" + http.path().substring(PATH.length() + id.length() + 2);
        };
    switch (http.method() + " " + PATH + shape) {
      case "POST /v1/messages/batches" -> receive(http, exchange, BatchCall.CREATE, this::create);
      case "GET /v1/messages/batches" -> receive(http, exchange, BatchCall.LIST, this::list);
      case "GET /v1/messages/batches/{id}" ->
          receive(http, exchange, BatchCall.RETRIEVE, call -> retrieve(call, id));
      case "DELETE /v1/messages/batches/{id}" ->
          receive(http, exchange, BatchCall.DELETE, call -> delete(call, id));
      case "POST /v1/messages/batches/{id}/cancel" ->
          receive(http, exchange, BatchCall.CANCEL, call -> cancel(call, id));
      case "GET /v1/messages/batches/{id}/results" ->
          receive(http, exchange, BatchCall.RESULTS, call -> results(call, id));
      default -> BatchExchange.refuse(exchange, new Rejected(404, "not_found_error", "Not found"));
    }
  }

  private interface Endpoint {
    void answer(BatchExchange call);
  }

  private void receive(HttpRequest http, Exchange exchange, BatchCall which, Endpoint endpoint) {
    BatchExchange call = new BatchExchange(account, http, exchange, which);
    call.guard(() -> {
      if (call.admit()) {
        endpoint.answer(call);
      }
    });
  }

  private void create(BatchExchange call) {
    Access.body(call.http());
    read(call, new BatchReader(call.http().body()));
  }

  private void read(BatchExchange call, BatchReader reader) {
    call.guard(() -> {
      if (reader.read(System.nanoTime() + SLICE_NANOS)) {
        accept(call, reader.items());
      } else {
        call.exchange().loop().after(0, () -> read(call, reader));
      }
    });
  }

  private void accept(BatchExchange call, List<Item> items) {
    call.reply(() -> {
      queue(items.size());
      long now = account.nanos();
      BatchSettings settings = records.settings();
      Terms terms =
          new Terms(
              call.version(),
              call.http().header("anthropic-beta").isPresent(),
              call.http().header("anthropic-workspace-id").orElse(""));
      Optional<BatchFault> met = account.batchFaults().strikeBatch();
      double millis = settings.time().sample(account.random()) / settings.factor();
      boolean slow = met.filter(fault -> fault == BatchFault.BATCH_SLOW).isPresent();
      Batch batch =
          new Batch(
              account.nextId("msgbatch_"),
              terms,
              items,
              call.http().body(),
              now,
              (long) (millis * (slow ? 10 : 1) * 1e6),
              settings);
      batch.shuffle(account.random());
      if (met.filter(fault -> fault == BatchFault.BATCH_STUCK).isPresent()) {
        batch.stick();
      }
      records.add(batch);
      return BatchJson.of(batch, now, call.base());
    });
  }

  private void queue(int more) {
    long limit = account.pools().limits().batches().queued();
    long now = account.nanos();
    long queued = records.open().stream().mapToLong(batch -> batch.waiting(now)).sum();
    if (limit != PoolLimits.UNLIMITED && queued + more > limit) {
      throw new Rejected(
          429,
          "rate_limit_error",
          String.format(
              Locale.ROOT,
              "This request would exceed your organization's limit of %,d enqueued batch requests (org: %s).",
              limit,
              Account.ORGANIZATION));
    }
  }

  private void retrieve(BatchExchange call, String id) {
    Batch batch = find(id);
    upToDate(
        call.exchange().loop(),
        List.of(batch),
        () -> call.reply(() -> BatchJson.of(batch, account.nanos(), call.base())));
  }

  private void list(BatchExchange call) {
    upToDate(
        call.exchange().loop(),
        records.open(),
        () ->
            call.reply(() -> {
              long now = account.nanos();
              List<Batch> listed =
                  records.newestFirst().stream().filter(batch -> batch.isListed(now)).toList();
              return Page.of(call.http(), listed, Batch::id)
                  .json(batch -> BatchJson.of(batch, now, call.base()));
            }));
  }

  private void cancel(BatchExchange call, String id) {
    Batch batch = find(id);
    upToDate(
        call.exchange().loop(),
        List.of(batch),
        () ->
            call.reply(() -> {
              if (batch.isEnded()) {
                throw Rejected.invalid(
                    "Batch " + id + " cannot be canceled: its processing has ended.");
              }
              batch.cancel(account.nanos());
              return BatchJson.of(batch, account.nanos(), call.base());
            }));
  }

  private void delete(BatchExchange call, String id) {
    Batch batch = find(id);
    upToDate(
        call.exchange().loop(),
        List.of(batch),
        () ->
            call.reply(() -> {
              if (!batch.isEnded()) {
                throw Rejected.invalid(
                    "Batch " + id + " cannot be deleted: it is still being processed.");
              }
              batch.delete();
              ObjectNode deleted = JSON.createObjectNode();
              return deleted.put("id", id).put("type", "message_batch_deleted");
            }));
  }

  private void results(BatchExchange call, String id) {
    Batch batch = find(id);
    upToDate(
        call.exchange().loop(),
        List.of(batch),
        () ->
            call.guard(() -> {
              if (!batch.isEnded()) {
                throw Rejected.invalid(
                    "Batch " + id + " has no results yet: it is still being processed.");
              }
              if (batch.isArchived(account.nanos())) {
                throw new Rejected(
                    404, "not_found_error", "The results of batch " + id + " are archived.");
              }
              call.stream(fault -> new ResultLines(batch, call.exchange(), call.entry(), fault));
            }));
  }

  private Batch find(String id) {
    return records
        .find(id)
        .filter(batch -> batch.isFound(account.nanos()))
        .orElseThrow(() -> new Rejected(404, "not_found_error", "Batch " + id + " was not found."));
  }

  /** Does everything that is due by now, slice by slice, and goes on with {@code then}. */
  private void upToDate(HttpLoop loop, Collection<Batch> batches, Runnable then) {
    upToDate(loop, List.copyOf(batches), account.nanos(), then);
  }

  private void upToDate(HttpLoop loop, List<Batch> batches, long now, Runnable then) {
    if (records.upToDate(batches, now, System.nanoTime() + SLICE_NANOS)) {
      then.run();
    } else {
      loop.after(0, () -> upToDate(loop, batches, now, then));
    }
  }
}
