package io.millrace.simulator;

import io.millrace.simulator.answer.Account;
import io.millrace.simulator.batch.BatchRecords;
import io.millrace.simulator.fault.BatchCall;
import io.millrace.simulator.fault.BatchFault;
import io.millrace.simulator.fault.BatchFaultRule;
import io.millrace.simulator.fault.FaultRule;
import io.millrace.simulator.http.Exchange;
import io.millrace.simulator.http.HttpRequest;
import io.millrace.simulator.http.Reply;
import io.millrace.simulator.timing.Distribution;
import io.millrace.simulator.timing.Latency;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The endpoints under {@code /simulator/}: look at what happened, change what will. They ask for no
 * key.
 */
final class Control {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Set<String> CONFIG =
      Set.of("latency", "output_tokens", "input_estimate", "limits", "hold", "batches");
  private static final Set<String> FAULT =
      Set.of("fault", "next", "share", "retry_after", "model", "job", "on");
  private static final Set<String> BATCH_FAULT = Set.of("fault", "next", "share", "custom_id");
  private static final int PAGE = 1_000;

  private final Account account;
  private final BatchRecords batches;
  private IntSupplier connections = () -> 0;

  Control(Account account, BatchRecords batches) {
    this.account = account;
    this.batches = batches;
  }

  void connectionsBy(IntSupplier counted) {
    connections = counted;
  }

  void handle(HttpRequest request, Exchange exchange) {
    try {
      if (request.path().equals("/simulator/batches/items")) {
        items(request, exchange);
        return;
      }
      Object answer = answer(request);
      Reply reply = new Reply(answer == null ? 404 : 200);
      Object body =
          answer == null ? Map.of("error", "no such endpoint; see docs/simulator.md") : answer;
      exchange.reply(reply.body("application/json", JSON.writeValueAsBytes(body)));
    } catch (IllegalArgumentException | JacksonException e) {
      String message = e.getMessage() == null ? "bad request" : e.getMessage();
      exchange.reply(
          new Reply(400)
              .body("application/json", JSON.writeValueAsBytes(Map.of("error", message))));
    }
  }

  private @Nullable Object answer(HttpRequest request) {
    return switch (request.method() + " " + request.path()) {
      case "GET /simulator/stats" -> JournalJson.stats(account.stats(connections.getAsInt()));
      case "GET /simulator/requests" -> requests(request);
      case "GET /simulator/history" -> history(request);
      case "GET /simulator/config" -> config();
      case "POST /simulator/config" -> configure(body(request));
      case "GET /simulator/faults" -> faults();
      case "POST /simulator/faults" -> addFault(body(request));
      case "DELETE /simulator/faults" -> {
        account.faults().clear();
        account.batchFaults().clear();
        yield faults();
      }
      case "GET /simulator/batches" -> batches.statesJson();
      case "POST /simulator/batches/finish" -> {
        batches.finish();
        yield batches.statesJson();
      }
      case "POST /simulator/reset" -> {
        account.reset();
        batches.clear();
        yield Map.of("reset", true);
      }
      default -> null;
    };
  }

  private static ObjectNode body(HttpRequest request) {
    if (JSON.readTree(request.body()) instanceof ObjectNode object) {
      return object;
    }
    throw new IllegalArgumentException("an object is required");
  }

  private ObjectNode requests(HttpRequest request) {
    int limit = request.query("limit").map(Integer::parseInt).orElse(PAGE);
    return JournalJson.requests(
        account.journal().received(request.query("job").orElse(null)), limit);
  }

  private void items(HttpRequest request, Exchange exchange) {
    Exchange.Pieces lines =
        batches.itemLines(
            request.query("batch").orElse(null), request.query("custom_id").orElse(null));
    exchange.startChunked(new Reply(200).header("content-type", "application/x-ndjson"));
    exchange.pump(lines);
  }

  private ObjectNode history(HttpRequest request) {
    String pool = request.query("pool").orElseThrow(Control::noPool);
    return HistoryJson.write(pool, account.history(pool));
  }

  private static IllegalArgumentException noPool() {
    return new IllegalArgumentException("which pool? for instance ?pool=haiku-5-5");
  }

  private Object config() {
    return Map.of(
        "latency", account.latency().toString(),
        "output_tokens", account.outputTokens().toString(),
        "limits", LimitsJson.write(account.pools().limits()),
        "batches", BatchSettingsJson.write(batches.settings()),
        "hold", account.holding());
  }

  private Object configure(ObjectNode wanted) {
    known(wanted, CONFIG);
    // Everything is read before anything is changed, so that a refused request changes nothing.
    Latency latency =
        wanted.has("latency") ? Latency.parse(wanted.get("latency").asString()) : account.latency();
    Distribution output =
        wanted.has("output_tokens")
            ? Distribution.parse(wanted.get("output_tokens").asString())
            : account.outputTokens();
    var limits = wanted.has("limits") ? LimitsJson.read(wanted.get("limits")) : null;
    var ofBatches =
        wanted.has("batches")
            ? BatchSettingsJson.read(wanted.get("batches"), batches.settings())
            : batches.settings();
    batches.settings(ofBatches);
    account.latency(latency);
    account.outputTokens(output);
    if (wanted.has("input_estimate")) {
      account.inputEstimate(wanted.get("input_estimate").asDouble());
    }
    if (limits != null) {
      account.limits(limits);
    }
    if (wanted.has("hold")) {
      account.hold(wanted.get("hold").asBoolean());
    }
    return config();
  }

  private ObjectNode faults() {
    return JournalJson.faults(account.faults().active(), account.batchFaults().active());
  }

  private Object addFault(ObjectNode wanted) {
    Optional<BatchFault> ofBatch = BatchFault.named(wanted.path("fault").asString(""));
    if (ofBatch.isPresent()) {
      return addBatchFault(BatchFaultRule.always(ofBatch.get()), wanted);
    }
    known(wanted, FAULT);
    FaultRule rule = FaultRule.parse(wanted.path("fault").asString(""));
    if (wanted.has("next")) {
      rule = rule.times(wanted.get("next").asLong());
    }
    if (wanted.has("share")) {
      rule = rule.share(wanted.get("share").asDouble());
    }
    if (wanted.has("retry_after")) {
      rule = rule.retryAfter(Duration.ofSeconds(wanted.get("retry_after").asLong()));
    }
    rule = rule.forModel(text(wanted, "model")).forJob(text(wanted, "job"));
    account.faults().add(wanted.has("on") ? rule.on(calls(wanted.get("on"))) : rule);
    return faults();
  }

  /** One call of the Message Batches endpoints, several in a list, or {@code batches}: any. */
  private static BatchCall[] calls(JsonNode on) {
    if (on.isString() && on.stringValue().equals("batches")) {
      return BatchCall.values();
    }
    return on.isArray()
        ? on.valueStream().map(each -> BatchCall.named(each.asString())).toArray(BatchCall[]::new)
        : new BatchCall[] {BatchCall.named(on.asString())};
  }

  private Object addBatchFault(BatchFaultRule always, ObjectNode wanted) {
    known(wanted, BATCH_FAULT);
    BatchFaultRule rule = always.forItem(text(wanted, "custom_id"));
    if (wanted.has("next")) {
      rule = rule.times(wanted.get("next").asLong());
    }
    if (wanted.has("share")) {
      rule = rule.share(wanted.get("share").asDouble());
    }
    account.batchFaults().add(rule);
    return faults();
  }

  private static @Nullable String text(ObjectNode object, String name) {
    JsonNode value = object.get(name);
    return value == null || value.isNull() ? null : value.asString();
  }

  private static void known(ObjectNode object, Set<String> names) {
    for (String name : object.propertyNames()) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException(
            "unknown field '" + name + "'; known are " + names.stream().sorted().toList());
      }
    }
  }
}
