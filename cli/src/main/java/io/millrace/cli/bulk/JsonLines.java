package io.millrace.cli.bulk;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Items of which each is a line of JSON; empty lines count, and are none. */
final class JsonLines implements Items {

  // The longest request, and something around it.
  private static final int LONGEST = 33 << 20;
  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final ItemForm form;
  private final byte[] block = new byte[BUFFER];
  private int at;
  private int end;
  private long line;

  JsonLines(InputStream in, ItemForm form) {
    this.in = in;
    this.form = form;
  }

  @Override
  public @Nullable Item next() throws IOException {
    for (byte[] text = read(); text != null; text = read()) {
      line++;
      byte[] json = stripped(text);
      if (json.length > 0) {
        refuseOtherThanUtf8(json);
        return form.of(line, json);
      }
    }
    return null;
  }

  private byte @Nullable [] read() throws IOException {
    var text = new ByteArrayOutputStream(2_048);
    while (true) {
      if (at == end) {
        at = 0;
        end = in.read(block);
        if (end < 0) {
          end = 0;
          return text.size() == 0 ? null : text.toByteArray();
        }
      }
      int from = at;
      while (at < end && block[at] != '\n') {
        at++;
      }
      text.write(block, from, at - from);
      if (text.size() > LONGEST) {
        throw BadLine.of(form.source(), line + 1, "is longer than a request may be, 32 MB");
      }
      if (at < end) {
        at++;
        return text.toByteArray();
      }
    }
  }

  private static byte[] stripped(byte[] text) {
    int from = 0;
    int to = text.length;
    while (to > 0 && text[to - 1] >= 0 && text[to - 1] <= ' ') {
      to--;
    }
    while (from < to && text[from] >= 0 && text[from] <= ' ') {
      from++;
    }
    return from == 0 && to == text.length ? text : Arrays.copyOfRange(text, from, to);
  }

  private void refuseOtherThanUtf8(byte[] json) {
    for (byte one : json) {
      if (one < 0) {
        try {
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json));
        } catch (CharacterCodingException other) {
          throw BadLine.of(form.source(), line, "is not UTF-8");
        }
        return;
      }
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
