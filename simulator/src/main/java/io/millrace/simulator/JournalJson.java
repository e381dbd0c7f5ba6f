package io.millrace.simulator;

import io.millrace.simulator.fault.BatchCall;
import io.millrace.simulator.fault.BatchFault;
import io.millrace.simulator.fault.BatchFaultRule;
import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import io.millrace.simulator.journal.Outcome;
import io.millrace.simulator.journal.Received;
import io.millrace.simulator.journal.Stats;
import io.millrace.simulator.journal.UsageJson;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What the control API shows of calls, sums and faults: snake_case, enums in lower case. */
final class JournalJson {
  private static final JsonMapper JSON = JsonMapper.shared();

  private JournalJson() {}

  static ObjectNode stats(Stats stats) {
    ObjectNode node = JSON.createObjectNode();
    node.put("received", stats.received());
    node.put("in_flight", stats.inFlight());
    node.put("peak_in_flight", stats.peakInFlight());
    node.put("connections", stats.connections());
    counts(node.putObject("by_path"), stats.byPath());
    counts(node.putObject("by_status"), stats.byStatus());
    counts(node.putObject("by_outcome"), stats.byOutcome());
    counts(node.putObject("by_fault"), stats.byFault());
    node.set("tokens", UsageJson.of(stats.tokens()));
    ObjectNode pools = node.putObject("pools");
    stats
        .pools()
        .forEach((name, pool) ->
            pools
                .putObject(name)
                .put("requests", pool.requests())
                .put("input_tokens", pool.inputTokens())
                .put("output_tokens", pool.outputTokens())
                .put("refused", pool.refused()));
    return node;
  }

  private static void counts(ObjectNode node, Map<?, Long> counts) {
    counts.forEach((key, count) ->
        node.put(
            key instanceof Outcome ? key.toString().toLowerCase(Locale.ROOT) : key.toString(),
            count));
  }

  static ObjectNode requests(List<Received> kept, int limit) {
    ObjectNode node = JSON.createObjectNode();
    node.put("kept", kept.size());
    var requests = node.putArray("requests");
    kept.subList(Math.max(0, kept.size() - limit), kept.size())
        .forEach(call -> requests.add(request(call)));
    return node;
  }

  private static ObjectNode request(Received call) {
    ObjectNode node = JSON.createObjectNode();
    node.put("request_id", call.requestId())
        .put("at", call.at().toString())
        .put("path", call.path());
    node.put("model", call.model())
        .put("job", call.job())
        .put("attempt", call.attempt())
        .put("user_id", call.userId());
    node.put("streaming", call.streaming()).put("status", call.status());
    node.put("outcome", call.outcome().name().toLowerCase(Locale.ROOT));
    node.put("fault", name(call.fault()));
    node.set("usage", UsageJson.of(call.usage()));
    return node;
  }

  private static @Nullable String name(@Nullable Fault fault) {
    return fault == null ? null : fault.wireName();
  }

  static ObjectNode faults(List<FaultRule> active, List<BatchFaultRule> ofBatches) {
    ObjectNode node = JSON.createObjectNode();
    var rules = node.putArray("active");
    for (FaultRule rule : active) {
      ObjectNode shown = rules.addObject().put("fault", rule.fault().wireName());
      if (rule.times() != Long.MAX_VALUE) {
        shown.put("next", rule.times());
      }
      shown.put("share", rule.share()).put("retry_after", rule.retryAfter().toSeconds());
      shown.put("model", rule.model()).put("job", rule.job());
      if (!rule.on().isEmpty()) {
        var on = shown.putArray("on");
        rule.on().stream().map(BatchCall::wireName).sorted().forEach(on::add);
      }
    }
    for (BatchFaultRule rule : ofBatches) {
      ObjectNode shown = rules.addObject().put("fault", rule.fault().wireName());
      if (rule.times() != Long.MAX_VALUE) {
        shown.put("next", rule.times());
      }
      shown.put("share", rule.share()).put("custom_id", rule.customId());
    }
    ObjectNode known = node.putObject("known");
    for (Fault fault : Fault.values()) {
      known.put(fault.wireName(), fault.says());
    }
    for (BatchFault fault : BatchFault.values()) {
      known.put(fault.wireName(), fault.says());
    }
    return node;
  }
}
