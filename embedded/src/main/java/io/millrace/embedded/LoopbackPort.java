package io.millrace.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;

/** Ports of 127.0.0.1, the only address an embedded server listens on. */
final class LoopbackPort {

  static final String HOST = "127.0.0.1";

  private LoopbackPort() {}

  private static InetAddress address() throws UnknownHostException {
    return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
  }

  /** A port that nothing listens on at the moment; somebody else may be faster to take it. */
  static int free() {
    try (ServerSocket socket = new ServerSocket(0, 1, address())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new ServerFailed("no free port on " + HOST, e);
    }
  }

  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      // As the servers do: what a closed connection left behind is no obstacle.
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(address(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  static void requireFree(int port, String whose) {
    if (!isFree(port)) {
      throw new ServerFailed(
          "Port %d on %s, wanted for %s, is in use by another program. Stop that one, or choose another port."
              .formatted(port, HOST, whose));
    }
  }
}
