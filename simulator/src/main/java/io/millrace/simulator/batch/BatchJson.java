package io.millrace.simulator.batch;

import io.millrace.simulator.journal.UsageJson;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The batch object, as the API shows it and as the control API does. */
public final class BatchJson {
  private static final JsonMapper JSON = JsonMapper.shared();

  private BatchJson() {}

  /** The API's object; {@code base} is where the client found us, without a slash at its end. */
  static ObjectNode of(Batch batch, long now, String base) {
    ObjectNode node = JSON.createObjectNode();
    node.put("id", batch.id()).put("type", "message_batch");
    node.put("processing_status", batch.processingStatus());
    ObjectNode counts = node.putObject("request_counts");
    if (batch.isEnded()) {
      batch.counts().forEach((outcome, count) -> counts.put(outcome.wireName(), count));
    } else {
      // The real API does not tell how far it is either.
      for (ItemOutcome outcome : ItemOutcome.values()) {
        counts.put(outcome.wireName(), outcome == ItemOutcome.PROCESSING ? batch.size() : 0);
      }
    }
    node.put("created_at", time(batch.created())).put("expires_at", time(batch.expires()));
    node.put("ended_at", time(batch.ended()));
    node.put("cancel_initiated_at", time(batch.canceled()));
    node.put("archived_at", batch.isArchived(now) ? time(batch.archived()) : null);
    node.put(
        "results_url",
        batch.isEnded() ? base + "/v1/messages/batches/" + batch.id() + "/results" : null);
    return node;
  }

  private static @Nullable String time(@Nullable Long nanos) {
    return nanos == null ? null : Batch.instant(nanos).toString();
  }

  static ObjectNode state(BatchState state) {
    ObjectNode node = JSON.createObjectNode();
    node.put("id", state.id()).put("processing_status", state.processingStatus());
    node.put("created_at", state.createdAt().toString());
    node.put("ended_at", state.endedAt() == null ? null : state.endedAt().toString());
    node.put("deleted", state.deleted()).put("size", state.size()).put("bytes", state.bytes());
    ObjectNode items = node.putObject("items");
    for (Map.Entry<ItemOutcome, Integer> each : state.items().entrySet()) {
      items.put(each.getKey().wireName(), each.getValue());
    }
    node.set("billed", UsageJson.of(state.billed()));
    return node;
  }

  static ObjectNode item(BatchItem item) {
    ObjectNode node = JSON.createObjectNode();
    node.put("batch_id", item.batchId()).put("custom_id", item.customId());
    node.put("outcome", item.outcome().wireName());
    node.put("message_id", item.messageId()).put("model", item.model());
    node.set("usage", UsageJson.of(item.usage()));
    return node;
  }
}
