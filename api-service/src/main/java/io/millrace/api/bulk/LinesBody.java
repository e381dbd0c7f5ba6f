package io.millrace.api.bulk;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.api.submit.MemoryShare;
import io.millrace.api.submit.ParamsReader;
import io.millrace.api.submit.Slices;
import io.millrace.api.submit.StrictUtf8;
import io.millrace.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;

/**
 * Reads a batch of lines, each of which is an item. Lines of nothing but blanks are passed over.
 */
final class LinesBody {

  private static final int FIRST = 64 << 10;
  private static final int MOST = ParamsReader.MAX_BYTES + (192 << 10);

  private final ItemReader reader;
  private final Items items;
  private byte[] buffer = new byte[FIRST];
  private int start;
  private int end;
  private int line;

  LinesBody(ItemReader reader, Items items) {
    this.reader = reader;
    this.items = items;
  }

  void read(InputStream in, MemoryShare memory) throws IOException {
    memory.reserve(FIRST);
    int looked = 0;
    while (true) {
      int lineEnd = lineEnd(start + looked);
      if (lineEnd >= 0) {
        take(lineEnd);
        start = lineEnd + 1;
        looked = 0;
        continue;
      }
      looked = end - start;
      makeRoom(memory);
      int read = in.read(buffer, end, buffer.length - end);
      if (read < 0) {
        take(end);
        items.end();
        return;
      }
      end += read;
    }
  }

  private int lineEnd(int from) {
    for (int i = from; i < end; i++) {
      if (buffer[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  private void makeRoom(MemoryShare memory) {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
    }
    if (end == buffer.length) {
      if (buffer.length == MOST) {
        throw within(
            new Refused(Problem.tooLarge("params: Input should have at most 32 MB")), line + 1);
      }
      int larger = Math.min(MOST, buffer.length * 2);
      memory.reserve(larger - buffer.length);
      buffer = Arrays.copyOf(buffer, larger);
    }
  }

  private void take(int lineEnd) throws IOException {
    line++;
    int last = lineEnd;
    while (last > start && isBlank(buffer[last - 1])) {
      last--;
    }
    int first = start;
    while (first < last && isBlank(buffer[first])) {
      first++;
    }
    if (first == last) {
      return;
    }
    try {
      items.checkRoom();
    } catch (Refused fault) {
      throw Faults.in("line " + line + ": ", fault);
    }
    try {
      items.add(item(Arrays.copyOfRange(buffer, start, last)));
    } catch (Refused fault) {
      throw within(fault, line);
    }
  }

  private Item item(byte[] text) {
    int fault = StrictUtf8.firstFault(text);
    if (fault >= 0) {
      throw Faults.ofWhole("Invalid UTF-8 at byte " + fault);
    }
    for (int i = 0; i < Math.min(4, text.length); i++) {
      if (text[i] == 0) {
        throw Faults.ofWhole("Malformed JSON: it has a NUL; JSON is sent as UTF-8");
      }
    }
    try (JsonParser json = Json.parser(text)) {
      json.nextToken();
      Item item = reader.read(json, Slices.of(text));
      if (json.nextToken() != null) {
        throw Faults.ofWhole("There is more after the JSON object");
      }
      return item;
    } catch (JacksonException malformed) {
      throw Faults.malformed("", malformed);
    }
  }

  private Refused within(Refused fault, int number) {
    return Faults.in("line " + number + ": ", Faults.within("requests." + items.count(), fault));
  }

  private static boolean isBlank(byte one) {
    return one == ' ' || one == '\t' || one == '\r';
  }
}
