package io.millrace.simulator.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PumpTest {
  private static final int PIECE = 64 * 1024;
  private static final int PIECES = 1_000;

  /** What the two sockets may hold between them; all of the body is 62 MiB. */
  private static final long BUFFERS = 20L << 20;

  @Test
  void aBodyInPiecesIsMadeNoFasterThanItIsRead() throws Exception {
    AtomicLong made = new AtomicLong();
    Handler handler =
        (request, exchange) -> {
          exchange.startChunked(new Reply(200));
          exchange.pump(() -> made.get() == (long) PIECE * PIECES ? null : new byte[more(made)]);
        };
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (HttpLoop loop = HttpLoop.start(any, path -> 0, handler);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), loop.port())) {
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nconnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      assertThat(in.read()).isEqualTo('H');
      // In so many turns the loop could have made all of it.
      CompletableFuture<Void> turned = new CompletableFuture<>();
      loop.execute(() -> turn(loop, 2 * PIECES, turned));
      assertThat(turned).succeedsWithin(Duration.ofSeconds(10));
      assertThat(made).hasValueLessThan(BUFFERS);
      long read = in.readAllBytes().length;
      assertThat(read).isGreaterThan((long) PIECE * PIECES);
    }
  }

  private static void turn(HttpLoop loop, int more, CompletableFuture<Void> turned) {
    if (more == 0) {
      turned.complete(null);
    } else {
      loop.after(0, () -> turn(loop, more - 1, turned));
    }
  }

  private static int more(AtomicLong made) {
    made.addAndGet(PIECE);
    return PIECE;
  }
}
