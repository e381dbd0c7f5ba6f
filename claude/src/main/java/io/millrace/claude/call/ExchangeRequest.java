package io.millrace.claude.call;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request to Claude whose body is written, or whose reply is read, as it goes.
 *
 * @param post whether it is a POST, else a GET
 * @param path below {@code /v1/}
 * @param body null for none
 * @param version the {@code anthropic-version}
 * @param betas what {@code anthropic-beta} names
 * @param waits how long it may be silent
 * @param reader gets the body of a 2xx while it comes; null where the reply is to hold it whole
 */
public record ExchangeRequest(
    boolean post,
    String path,
    Map<String, String> query,
    @Nullable Body body,
    String version,
    List<String> betas,
    Waits waits,
    @Nullable Reader reader) {

  public ExchangeRequest {
    betas = List.copyOf(betas);
    query = Map.copyOf(query);
    if (!CallRequest.isHeaderValue(version)
        || !betas.stream().allMatch(CallRequest::isHeaderValue)) {
      throw new IllegalArgumentException("Version and betas must be visible ASCII");
    }
  }

  /**
   * Bounds of its silences.
   *
   * @param start until the first byte of the reply, and between two pieces of the body that leaves
   * @param idle between two bytes of the reply
   */
  public record Waits(Duration start, Duration idle) {}

  /**
   * A body of known length. Before its tail has left, the other side cannot take it for whole.
   *
   * @param length of head and tail
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  public record Body(long length, Writer head, byte[] tail) {}

  /** Writes what stands before the tail. */
  @FunctionalInterface
  public interface Writer {
    void writeTo(OutputStream out) throws IOException;
  }

  /** Reads a reply to its end. */
  @FunctionalInterface
  public interface Reader {
    void read(InputStream in) throws IOException;
  }
}
