package io.millrace.claude.batch;

import io.millrace.claude.call.ExchangeRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** The body of a create, written from one item after the other. */
public final class BatchBody {

  private static final byte[] HEAD = ascii("{\"requests\":[");
  private static final byte[] ITEM = ascii("{\"custom_id\":\"");
  private static final byte[] PARAMS = ascii("\",\"params\":");
  private static final byte[] TAIL = ascii("]}");

  private BatchBody() {}

  /**
   * One request of a batch.
   *
   * @param customId of letters, digits, underscores and hyphens only
   * @param params the exact bytes of its JSON
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  public record Item(String customId, byte[] params) {}

  /** Reads items while the body is written. */
  @FunctionalInterface
  public interface Items {
    /**
     * The next one; null at the end.
     *
     * @throws IOException to break the body off, which keeps the batch from being taken
     */
    @Nullable Item next() throws IOException;
  }

  /** How many bytes an item takes, and the comma before it. */
  public static long length(String customId, long params) {
    return ITEM.length + customId.length() + PARAMS.length + params + 2L;
  }

  /**
   * A body of items whose {@link #length}s sum up to {@code lengths}.
   *
   * @param items at least one
   */
  public static ExchangeRequest.Body of(long lengths, Items items) {
    return new ExchangeRequest.Body(
        HEAD.length + lengths - 1 + TAIL.length, out -> write(out, items), TAIL.clone());
  }

  /** Items that are at hand. */
  public static Items of(Iterator<Item> items) {
    return () -> items.hasNext() ? items.next() : null;
  }

  private static void write(OutputStream out, Items items) throws IOException {
    out.write(HEAD);
    boolean first = true;
    for (Item item = items.next(); item != null; item = items.next()) {
      if (!first) {
        out.write(',');
      }
      first = false;
      out.write(ITEM);
      out.write(ascii(item.customId()));
      out.write(PARAMS);
      out.write(item.params());
      out.write('}');
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
