package io.millrace.claude.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineReaderTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 64})
  void linesAreCutWhereTheyEndHoweverTheyCome(int piece) throws IOException {
    assertThat(read("one\n\ntwo\r\n\r\nthree", piece, 100))
        .containsExactly("one", "two\r", "three");
  }

  @Test
  void aLineThatIsTooLongIsPassedOver() throws IOException {
    assertThat(read("one\n" + "x".repeat(1_000) + "\ntwo\n", 13, 10)).containsExactly("one", "two");
  }

  @Test
  void ofALineOnlyTheLineIsHeld() throws IOException {
    long lines = 200_000;
    var endless =
        new InputStream() {
          private long left = lines * 100;

          @Override
          public int read() {
            return left-- <= 0 ? -1 : left % 100 == 0 ? '\n' : 'x';
          }

          @Override
          public int read(byte[] bytes, int offset, int length) {
            for (int i = 0; i < length; i++) {
              int next = read();
              if (next < 0) {
                return i == 0 ? -1 : i;
              }
              bytes[offset + i] = (byte) next;
            }
            return length;
          }
        };
    var count = new long[1];

    LineReader.read(endless, 1_000, _ -> count[0]++);

    assertThat(count[0]).isEqualTo(lines);
  }

  private static List<String> read(String text, int piece, int most) throws IOException {
    var in =
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)) {
          @Override
          public synchronized int read(byte[] bytes, int offset, int length) {
            return super.read(bytes, offset, Math.min(length, piece));
          }
        };
    List<String> lines = new ArrayList<>();
    LineReader.read(in, most, line -> lines.add(new String(line, StandardCharsets.UTF_8)));
    return lines;
  }
}
