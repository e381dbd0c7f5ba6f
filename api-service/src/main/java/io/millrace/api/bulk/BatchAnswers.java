package io.millrace.api.bulk;

import io.millrace.db.batch.BatchView;
import io.millrace.job.BatchId;
import io.millrace.wire.JsonWriter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** Shows batches as the Claude API shows Message Batches, with what we know besides. */
final class BatchAnswers {

  private final String publicUrl;

  /** {@code publicUrl} is in front of links; where it is empty, what the request came to. */
  BatchAnswers(String publicUrl) {
    this.publicUrl =
        publicUrl.endsWith("/") ? publicUrl.substring(0, publicUrl.length() - 1) : publicUrl;
  }

  void write(BatchView batch, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    write(json(batch, request), response);
  }

  static void write(byte[] body, HttpServletResponse response) throws IOException {
    response.setContentType("application/json");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  byte[] json(BatchView batch, HttpServletRequest request) {
    var json =
        new JsonWriter()
            .text("id", batch.id().toString())
            .text("type", "message_batch")
            .text("processing_status", status(batch));
    counts(batch, json);
    json.time("created_at", batch.createdAt())
        .time("expires_at", batch.expiresAt())
        .time("ended_at", batch.endedAt())
        .time("cancel_initiated_at", batch.cancelInitiatedAt())
        .time("archived_at", batch.archivedAt())
        .text("results_url", hasResults(batch) ? url(batch.id(), request) : null);
    ours(batch, json);
    return json.finish();
  }

  /** Whether its results can be had as a whole. */
  static boolean hasResults(BatchView batch) {
    return batch.endedAt() != null && batch.archivedAt() == null;
  }

  private static String status(BatchView batch) {
    if (batch.endedAt() != null) {
      return "ended";
    }
    return batch.cancelInitiatedAt() != null ? "canceling" : "in_progress";
  }

  /** As the original has it: nothing but {@code processing} until the batch has ended. */
  private static void counts(BatchView batch, JsonWriter json) {
    boolean ended = batch.endedAt() != null;
    var of = batch.ended();
    json.object("request_counts")
        .number("processing", ended ? batch.open() : batch.items())
        .number("succeeded", ended ? of.succeeded() : 0)
        .number("errored", ended ? of.errored() : 0)
        .number("canceled", ended ? of.canceled() : 0)
        .number("expired", ended ? of.expired() : 0)
        .end();
  }

  private static void ours(BatchView batch, JsonWriter json) {
    var of = batch.ended();
    var usage = batch.usage();
    json.object("millrace")
        .text("backend", batch.backend().wireName())
        .text("lane", batch.lane().wireName())
        .text("feature", batch.feature())
        .object("counts")
        .number("processing", batch.open())
        .number("succeeded", of.succeeded())
        .number("errored", of.errored())
        .number("canceled", of.canceled())
        .number("expired", of.expired())
        .end()
        .decimal("items_per_second", batch.endedAt() == null ? pace(batch) : null);
    if (batch.cost() == null || batch.suspected() == null) {
      json.text("cost", null);
    } else {
      json.object("cost")
          .text("currency", "USD")
          .money("amount", batch.cost())
          .money("suspected", batch.suspected())
          .end();
    }
    json.object("usage")
        .number("input_tokens", usage.inputTokens())
        .number("output_tokens", usage.outputTokens())
        .number("cache_read_input_tokens", usage.cacheReadTokens())
        .number("cache_creation_input_tokens", usage.cacheWriteTokens())
        .end()
        .end();
  }

  private static BigDecimal pace(BatchView batch) {
    return BigDecimal.valueOf(batch.pace()).setScale(1, RoundingMode.HALF_UP);
  }

  private String url(BatchId id, HttpServletRequest request) {
    return (publicUrl.isEmpty() ? origin(request) : publicUrl)
        + CreateBatchController.PATH
        + "/"
        + id
        + "/results";
  }

  private static String origin(HttpServletRequest request) {
    String whole = request.getRequestURL().toString();
    return whole.substring(0, whole.length() - request.getRequestURI().length());
  }
}
