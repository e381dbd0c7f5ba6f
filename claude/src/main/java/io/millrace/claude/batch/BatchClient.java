package io.millrace.claude.batch;

import io.millrace.claude.call.ClaudeClient;
import io.millrace.claude.call.Exchange;
import io.millrace.claude.call.ExchangeRequest;
import io.millrace.claude.call.ExchangeRequest.Body;
import io.millrace.claude.call.ExchangeRequest.Reader;
import io.millrace.claude.call.ExchangeRequest.Waits;
import java.io.IOException;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Requests about Message Batches, each prepared and then made by whoever asked for it. */
public final class BatchClient {

  private static final String PATH = "messages/batches";
  private static final int PAGE = 100;

  private final ClaudeClient claude;
  private final int maxLine;

  /**
   * @param maxLine of results; longer ones are passed over
   */
  public BatchClient(ClaudeClient claude, int maxLine) {
    this.claude = claude;
    this.maxLine = maxLine;
  }

  /** Takes lines of results. */
  @FunctionalInterface
  public interface Lines {
    void line(byte[] line) throws IOException;
  }

  /** Sends a batch; answered by a {@link MessageBatch}. */
  public Exchange create(BatchTerms terms, Body body, BooleanSupplier maySend) {
    return claude.prepare(request(terms, true, PATH, Map.of(), body, null), maySend);
  }

  /** Asks how one stands; answered by a {@link MessageBatch}. */
  public Exchange retrieve(BatchTerms terms, String id) {
    return get(terms, PATH + "/" + id, Map.of(), null);
  }

  /**
   * Asks for a page of all, newest first; answered by a {@link MessageBatch.Page}.
   *
   * @param after the last one of the page before
   */
  public Exchange list(BatchTerms terms, @Nullable String after) {
    String limit = Integer.toString(PAGE);
    return get(
        terms,
        PATH,
        after == null ? Map.of("limit", limit) : Map.of("limit", limit, "after_id", after),
        null);
  }

  /** Asks to cancel one, which may be repeated; answered by a {@link MessageBatch}. */
  public Exchange cancel(BatchTerms terms, String id) {
    return claude.prepare(
        request(terms, true, PATH + "/" + id + "/cancel", Map.of(), null, null), () -> true);
  }

  /** Reads the results of one, line by line, as they come; the answer's body is empty. */
  public Exchange results(BatchTerms terms, String id, Lines lines) {
    return get(
        terms, PATH + "/" + id + "/results", Map.of(), in -> LineReader.read(in, maxLine, lines));
  }

  private Exchange get(
      BatchTerms terms, String path, Map<String, String> query, @Nullable Reader reader) {
    return claude.prepare(request(terms, false, path, query, null, reader), () -> true);
  }

  private static ExchangeRequest request(
      BatchTerms terms,
      boolean post,
      String path,
      Map<String, String> query,
      @Nullable Body body,
      @Nullable Reader reader) {
    return new ExchangeRequest(
        post,
        path,
        query,
        body,
        terms.version(),
        terms.betas(),
        new Waits(terms.start(), terms.idle()),
        reader);
  }
}
