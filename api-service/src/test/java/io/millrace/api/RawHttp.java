package io.millrace.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Locale;

/**
 * Speaks to a port byte by byte, where a well-behaved client would not say what a test must say.
 */
public final class RawHttp {

  private RawHttp() {}

  /** What came back: the head in lower case, and the body. */
  public record Reply(String head, String body) {

    public int status() {
      return Integer.parseInt(head.substring(9, 12));
    }

    public String header(String name) {
      return head.lines()
          .filter(line -> line.startsWith(name + ": "))
          .map(line -> line.substring(name.length() + 2))
          .findFirst()
          .orElse("");
    }
  }

  /** Sends {@code request} and then {@code filler} bytes, and reads until the other side closes. */
  public static Reply exchange(int port, String request, long filler) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(30_000);
      var out = socket.getOutputStream();
      out.write(request.getBytes(ISO_8859_1));
      byte[] chunk = new byte[64 << 10];
      for (long left = filler; left > 0; left -= chunk.length) {
        out.write(chunk, 0, (int) Math.min(chunk.length, left));
      }
      out.flush();
      var all = new ByteArrayOutputStream();
      socket.getInputStream().transferTo(all);
      String text = all.toString(ISO_8859_1);
      int end = text.indexOf("\r\n\r\n");
      return new Reply(text.substring(0, end).toLowerCase(Locale.ROOT), text.substring(end + 4));
    }
  }
}
