package io.millrace.api.inspect;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** Writes a list as its items come, so that a page need not be in memory. */
public final class ListJson {

  private final OutputStream out;
  private boolean begun;

  public ListJson(OutputStream out) {
    this.out = out;
  }

  /** One more item, which is JSON already. */
  public void item(byte[] json) throws IOException {
    begin();
    out.write(json);
  }

  /** The ids are ours, and need no escaping. */
  public void end(boolean hasMore, @Nullable String firstId, @Nullable String lastId)
      throws IOException {
    if (!begun) {
      ascii("{\"data\":[");
    }
    ascii(
        "],\"has_more\":%s,\"first_id\":%s,\"last_id\":%s}"
            .formatted(hasMore, quoted(firstId), quoted(lastId)));
  }

  private void begin() throws IOException {
    ascii(begun ? "," : "{\"data\":[");
    begun = true;
  }

  private static String quoted(@Nullable String id) {
    return id == null ? "null" : '"' + id + '"';
  }

  private void ascii(String text) throws IOException {
    out.write(text.getBytes(US_ASCII));
  }
}
