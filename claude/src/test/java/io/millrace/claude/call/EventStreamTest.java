package io.millrace.claude.call;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventStreamTest {

  @Test
  void eventsEndWithAnEmptyLineOfAnyKind() throws IOException {
    assertThat(
            events(
                "event: a\ndata: 1\n\n"
                    + ": comment\r\n\r\nid: 4\r\ndata:2\r\n\r\n"
                    + "data:  3\r\r"
                    + "data\n\n"
                    + "dataset: 9\ndata: 4\ndata:  five\n\n"))
        .containsExactly("1", "2", " 3", "", "4\n five");
  }

  @Test
  void anEventThatIsNotFinishedIsNone() throws IOException {
    assertThat(events("data: 1\n\ndata: 2\n")).containsExactly("1");
    assertThat(events("data: 1\n\ndata: 2")).containsExactly("1");
    assertThat(events("")).isEmpty();
  }

  @Test
  void eventsComeWhateverThePieces() throws IOException {
    String stream = "event: x\r\ndata: {\"a\":\"\u00fc\"}\r\n\r\ndata: 2\n\n";
    var dripping =
        new InputStream() {
          private final InputStream in = new ByteArrayInputStream(stream.getBytes(UTF_8));

          @Override
          public int read() throws IOException {
            return in.read();
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws IOException {
            return in.read(bytes, offset, Math.min(1, length));
          }
        };

    assertThat(events(dripping, 100)).containsExactly("{\"a\":\"\u00fc\"}", "2");
  }

  @Test
  void anEventIsNoLargerThanAllowed() throws IOException {
    var in = new ByteArrayInputStream(("data: " + "x".repeat(200_000)).getBytes(UTF_8));
    var events = new EventStream(in, 1_000);

    assertThat(events.next()).isNull();
    assertThat(events.hasOverflown()).isTrue();
    assertThat(in.available()).isGreaterThan(100_000);
  }

  private static List<String> events(String stream) throws IOException {
    return events(new ByteArrayInputStream(stream.getBytes(UTF_8)), 1_000);
  }

  private static List<String> events(InputStream in, int most) throws IOException {
    var events = new EventStream(in, most);
    var all = new ArrayList<String>();
    for (byte[] data = events.next(); data != null; data = events.next()) {
      all.add(new String(data, UTF_8));
    }
    return all;
  }
}
