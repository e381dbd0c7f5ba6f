package io.millrace.simulator.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestParserTest {
  private static final String TWO =
      "POST /a?x=1&y=%20z HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
          + "POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
          + "GET /c HTTP/1.1\r\nConnection: close\r\n\r\n";

  private final RequestParser parser = new RequestParser(path -> 20);

  private List<HttpRequest> parse(String text, int slice) throws MalformedRequest {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    List<HttpRequest> requests = new ArrayList<>();
    for (int from = 0; from < bytes.length; from += slice) {
      int at = from;
      int to = Math.min(bytes.length, from + slice);
      while (at < to) {
        at += parser.feed(bytes, at, to);
        HttpRequest request = parser.take();
        if (request != null) {
          requests.add(request);
        }
      }
    }
    return requests;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 64, 1_000})
  void requestsAreReadHoweverTheyAreSliced(int slice) throws Exception {
    List<HttpRequest> requests = parse(TWO, slice);
    assertThat(requests).extracting(HttpRequest::path).containsExactly("/a", "/b", "/c");
    assertThat(requests)
        .extracting(request -> new String(request.body(), StandardCharsets.US_ASCII))
        .containsExactly("hello", "abc0123456789", "");
    assertThat(requests.getFirst().query("y")).contains(" z");
    assertThat(requests.getFirst().header("content-length")).contains("5");
    assertThat(parser.closing()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 1_000})
  void aBodyOverTheBoundIsReadToItsEndAndDropped(int slice) throws Exception {
    String fixed = "POST /a HTTP/1.1\r\nContent-Length: 21\r\n\r\n" + "x".repeat(21);
    String chunked =
        "POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "10\r\n0123456789abcdef\r\n".repeat(2)
            + "0\r\n\r\n";
    List<HttpRequest> requests = parse(fixed + chunked + "GET /c HTTP/1.1\r\n\r\n", slice);
    assertThat(requests).extracting(HttpRequest::tooLarge).containsExactly(true, true, false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
      })
  void whatIsNoRequestIsRefused(String text) {
    assertThatThrownBy(() -> parse(text, 1_000)).isInstanceOf(MalformedRequest.class);
  }
}
