package io.millrace.api.bulk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The items of a batch between being read and being stored: as they were understood, so that
 * nothing is parsed twice. Not for several threads.
 */
final class Spool implements AutoCloseable {

  /** Items of one statement at most, and bytes past which no further one joins them. */
  private static final int PORTION = 1_000;

  private static final int PORTION_BYTES = 4 << 20;
  private static final int NONE = -1;

  private final SpillStream spill;
  private final DataOutputStream out;
  private int items;
  private long bytes;

  Spool(Path directory, boolean encrypted) {
    this.spill = new SpillStream(directory, encrypted);
    this.out = new DataOutputStream(new BufferedOutputStream(spill, 8 << 10));
  }

  int items() {
    return items;
  }

  /** Of all params. */
  long bytes() {
    return bytes;
  }

  void add(Item item) throws IOException {
    text(item.customId());
    text(item.model());
    out.writeInt(item.maxTokens());
    out.writeInt(item.estimatedInput());
    out.writeInt((int) item.timeout().toSeconds());
    out.writeByte(item.maxAttempts());
    out.writeByte(
        (item.live() ? 1 : 0) | (item.retryAmbiguous() ? 2 : 0) | (item.keepsNothing() ? 4 : 0));
    text(item.userId());
    text(item.feature());
    text(item.metadata());
    out.writeByte(item.fallbackModels().size());
    for (String model : item.fallbackModels()) {
      text(model);
    }
    out.writeInt(item.params().length);
    out.write(item.params());
    items++;
    bytes += item.params().length;
  }

  /** All items in their order, in portions; to be read once, after the last was added. */
  Iterator<List<Item>> portions() throws IOException {
    out.flush();
    var in = new DataInputStream(spill.content());
    return new Iterator<>() {
      private int left = items;

      @Override
      public boolean hasNext() {
        return left > 0;
      }

      @Override
      public List<Item> next() {
        if (left == 0) {
          throw new NoSuchElementException();
        }
        List<Item> portion = new ArrayList<>(Math.min(left, PORTION));
        int size = 0;
        try {
          while (left > 0 && portion.size() < PORTION && size < PORTION_BYTES) {
            Item item = read(in);
            portion.add(item);
            size += item.params().length;
            left--;
          }
        } catch (IOException unreadable) {
          throw new UncheckedIOException(unreadable);
        }
        return portion;
      }
    };
  }

  @Override
  public void close() throws IOException {
    spill.close();
  }

  private static Item read(DataInputStream in) throws IOException {
    String customId = known(in);
    String model = known(in);
    int maxTokens = in.readInt();
    int input = in.readInt();
    var timeout = Duration.ofSeconds(in.readInt());
    int attempts = in.readByte();
    int flags = in.readByte();
    String userId = optional(in);
    String feature = optional(in);
    String metadata = optional(in);
    int fallbacks = in.readByte();
    List<String> models = fallbacks == 0 ? List.of() : new ArrayList<>(fallbacks);
    for (int i = 0; i < fallbacks; i++) {
      models.add(known(in));
    }
    byte[] params = new byte[in.readInt()];
    in.readFully(params);
    return new Item(
        customId,
        params,
        model,
        maxTokens,
        (flags & 1) != 0,
        input,
        timeout,
        userId,
        feature,
        metadata,
        models,
        attempts,
        (flags & 2) != 0,
        (flags & 4) != 0);
  }

  private void text(@Nullable String value) throws IOException {
    if (value == null) {
      out.writeInt(NONE);
      return;
    }
    byte[] utf8 = value.getBytes(UTF_8);
    out.writeInt(utf8.length);
    out.write(utf8);
  }

  private static String known(DataInputStream in) throws IOException {
    byte[] utf8 = new byte[in.readInt()];
    in.readFully(utf8);
    return new String(utf8, UTF_8);
  }

  private static @Nullable String optional(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length == NONE) {
      return null;
    }
    byte[] utf8 = new byte[length];
    in.readFully(utf8);
    return new String(utf8, UTF_8);
  }
}
