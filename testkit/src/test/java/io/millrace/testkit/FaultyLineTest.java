package io.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultyLineTest {

  private static final int SHORT = 100;
  private static final int LONG = 10_000;

  private ServerSocket echo;
  private FaultyLine line;

  @BeforeEach
  void open() throws IOException {
    echo = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread.startVirtualThread(this::serve);
    line = new FaultyLine(echo.getLocalPort());
  }

  @AfterEach
  void close() throws IOException {
    line.close();
    echo.close();
  }

  @Test
  void itCarriesBothWays() throws IOException {
    try (var socket = connect()) {
      assertThat(echoed(socket, 'a', LONG)).isEqualTo('a');
      assertThat(line.connections()).isEqualTo(1);
    }
  }

  @Test
  void aCutConnectionStaysOpenAndMuteWhileNewOnesWork() throws IOException {
    try (var old = connect()) {
      echoed(old, 'a', LONG);
      line.cut();
      line.heal();

      assertThatThrownBy(() -> echoed(old, 'b', SHORT)).isInstanceOf(SocketTimeoutException.class);
      assertThat(old.isClosed()).isFalse();
      try (var fresh = connect()) {
        assertThat(echoed(fresh, 'c', LONG)).isEqualTo('c');
      }
    }
  }

  @Test
  void whatWasSentInASilenceArrivesAfterIt() throws IOException {
    try (var old = connect()) {
      echoed(old, 'a', LONG);
      line.silence();
      assertThatThrownBy(() -> echoed(old, 'b', SHORT)).isInstanceOf(SocketTimeoutException.class);
      try (var fresh = connect()) {
        assertThatThrownBy(() -> echoed(fresh, 'c', SHORT))
            .isInstanceOf(SocketTimeoutException.class);
        line.heal();
        assertThat(read(fresh, LONG)).isEqualTo('c');
      }
      assertThat(read(old, LONG)).isEqualTo('b');
    }
  }

  @Test
  void aResetEndsWhatIsOpenAndARefusalWhatComes() throws IOException {
    try (var old = connect()) {
      echoed(old, 'a', LONG);
      line.reset();
      assertThatThrownBy(() -> echoed(old, 'b', LONG)).isInstanceOf(IOException.class);
    }
    line.refuse();
    assertThatThrownBy(
            () -> {
              try (var refused = connect()) {
                echoed(refused, 'c', LONG);
              }
            })
        .isInstanceOf(IOException.class);
    line.heal();
    try (var fresh = connect()) {
      assertThat(echoed(fresh, 'd', LONG)).isEqualTo('d');
    }
  }

  @Test
  void slownessCountsEachWay() throws IOException {
    try (var socket = connect()) {
      echoed(socket, 'a', LONG);
      line.slow(Duration.ofMillis(100));
      long start = System.nanoTime();

      echoed(socket, 'b', LONG);

      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }
  }

  private Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), line.port());
  }

  private static int echoed(Socket socket, int sent, int millis) throws IOException {
    socket.getOutputStream().write(sent);
    return read(socket, millis);
  }

  private static int read(Socket socket, int millis) throws IOException {
    socket.setSoTimeout(millis);
    int read = socket.getInputStream().read();
    if (read < 0) {
      throw new IOException("the connection ended");
    }
    return read;
  }

  private void serve() {
    while (!echo.isClosed()) {
      try {
        var socket = echo.accept();
        Thread.startVirtualThread(() -> answer(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private static void answer(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException gone) {
      // As at the end.
    }
  }
}
