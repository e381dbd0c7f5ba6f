package io.millrace.simulator.batch;

import io.millrace.simulator.answer.Produced;
import io.millrace.simulator.http.Bytes;
import io.millrace.simulator.journal.Usage;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One request of a batch. Its answer is kept as what it will say, and written when it is read. */
final class Item {
  private final String customId;
  private final int from;
  private final int to;
  private ItemOutcome outcome = ItemOutcome.PROCESSING;
  private @Nullable Produced produced;
  private byte @Nullable [] error;

  /** {@code from} and {@code to} say where its {@code params} stand in the body. */
  Item(String customId, int from, int to) {
    this.customId = customId;
    this.from = from;
    this.to = to;
  }

  String customId() {
    return customId;
  }

  byte[] params(byte[] body) {
    return Arrays.copyOfRange(body, from, to);
  }

  ItemOutcome outcome() {
    return outcome;
  }

  void succeeded(Produced answer) {
    outcome = ItemOutcome.SUCCEEDED;
    produced = answer;
  }

  void errored(byte[] envelope) {
    outcome = ItemOutcome.ERRORED;
    error = envelope;
  }

  /** Its batch has ended without it. */
  void left(ItemOutcome how) {
    if (outcome == ItemOutcome.PROCESSING) {
      outcome = how;
    }
  }

  Usage usage() {
    return produced == null ? Usage.NONE : produced.usage();
  }

  void writeResult(Bytes out) {
    out.ascii("{\"custom_id\":\"").ascii(customId).ascii("\",\"result\":{\"type\":\"");
    out.ascii(outcome.wireName()).ascii("\"");
    if (produced != null) {
      out.ascii(",\"message\":").append(produced.json());
    } else if (error != null) {
      out.ascii(",\"error\":").append(error);
    }
    out.ascii("}}\n");
  }

  BatchItem record(String batchId) {
    return new BatchItem(
        batchId,
        customId,
        outcome,
        produced == null ? null : produced.id(),
        produced == null ? null : produced.model().id(),
        usage());
  }
}
