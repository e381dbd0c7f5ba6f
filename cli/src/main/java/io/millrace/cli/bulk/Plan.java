package io.millrace.cli.bulk;

import io.millrace.cli.terminal.Misused;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * How an input is cut into batches. The same input under the same options gives the same plan.
 *
 * @param parts at least one
 * @param bill what it will probably cost
 */
record Plan(List<Part> parts, Bill bill) {

  /**
   * What becomes one batch.
   *
   * @param bytes of its lines
   * @param sha256 of its lines
   */
  record Part(int items, long bytes, String sha256) {}

  /** What a batch may hold at most. */
  record Limits(int items, long bytes) {

    /** The server's, and Anthropic's: 256 MB, read in the sense that is less. */
    static final Limits OF_SERVER = new Limits(100_000, 256_000_000);
  }

  /**
   * Reads all items, and so finds every line that is wrong.
   *
   * @throws Misused if there is one, or none at all
   */
  static Plan of(Items items, String source, Limits limits, Bill bill) throws IOException {
    var parts = new ArrayList<Part>();
    var ids = new IdSet();
    var part = new Cut();
    for (Item item = items.next(); item != null; item = items.next()) {
      int earlier = ids.add(item.customId(), Math.toIntExact(item.line()));
      if (earlier != 0) {
        throw BadLine.of(
            source,
            item.line(),
            "custom_id '%s' is that of line %d already".formatted(item.customId(), earlier));
      }
      bill.add(item.params());
      int bytes = item.json().length + 1;
      if (part.items == limits.items() || (part.items > 0 && part.bytes + bytes > limits.bytes())) {
        parts.add(part.ended());
        part = new Cut();
      }
      part.add(item.json());
    }
    if (part.items == 0) {
      throw new Misused(source + " holds no requests.");
    }
    parts.add(part.ended());
    return new Plan(List.copyOf(parts), bill);
  }

  long items() {
    return parts.stream().mapToLong(Part::items).sum();
  }

  private static final class Cut {

    private final MessageDigest digest = Sha256.begin();
    private int items;
    private long bytes;

    void add(byte[] json) {
      digest.update(json);
      digest.update((byte) '\n');
      items++;
      bytes += json.length + 1;
    }

    Part ended() {
      return new Part(items, bytes, HexFormat.of().formatHex(digest.digest()));
    }
  }
}
