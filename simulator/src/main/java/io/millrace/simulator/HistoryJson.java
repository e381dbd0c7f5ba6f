package io.millrace.simulator;

import io.millrace.simulator.limit.PoolSecond;
import io.millrace.simulator.limit.Use;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What the control API shows of a pool's seconds. */
final class HistoryJson {
  private static final JsonMapper JSON = JsonMapper.shared();

  private HistoryJson() {}

  static ObjectNode write(String pool, List<PoolSecond> history) {
    ObjectNode node = JSON.createObjectNode().put("pool", pool);
    var seconds = node.putArray("seconds");
    for (PoolSecond one : history) {
      ObjectNode line = seconds.addObject();
      line.put("at", Instant.ofEpochSecond(one.second()).toString());
      use(line.putObject("millrace"), one.millrace());
      use(line.putObject("others"), one.others());
      ObjectNode lowest = line.putObject("lowest");
      one.lowest()
          .forEach((dimension, level) ->
              lowest.put(dimension.name().toLowerCase(Locale.ROOT), Math.round(level * 10) / 10.0));
    }
    return node;
  }

  private static void use(ObjectNode node, Use use) {
    node.put("requests", use.requests())
        .put("input_tokens", use.inputTokens())
        .put("output_tokens", Math.round(use.outputTokens()));
    ObjectNode refused = node.putObject("refused");
    refused
        .put("requests", use.refusedForRequests())
        .put("input_tokens", use.refusedForInput())
        .put("output_tokens", use.refusedForOutput());
  }
}
