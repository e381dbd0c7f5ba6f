package io.millrace.simulator.http;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** One client connection: bytes in, one exchange at a time, bytes out. */
final class Connection {
  /** A client that sends more than this ahead of its answer is not read from until it has it. */
  private static final int MAX_AHEAD = 1 << 20;

  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final HttpLoop loop;
  private final SocketChannel channel;
  private final SelectionKey key;
  private final RequestParser parser;
  private final Bytes ahead = new Bytes(0);
  private final ArrayDeque<ByteBuffer> out = new ArrayDeque<>(2);
  private @Nullable Exchange exchange;
  private boolean parsing;
  private boolean closeWhenSent;

  Connection(
      HttpLoop loop, SocketChannel channel, SelectionKey key, ToLongFunction<String> maxBody) {
    this.loop = loop;
    this.channel = channel;
    this.key = key;
    parser = new RequestParser(maxBody);
  }

  void ready(byte[] scratch) {
    try {
      if (key.isValid() && key.isWritable()) {
        send();
      }
      if (key.isValid() && key.isReadable()) {
        read(scratch);
      }
    } catch (IOException e) {
      // The peer is gone; there is nobody to tell but the exchange.
      close();
    }
  }

  private void read(byte[] scratch) throws IOException {
    int count = channel.read(ByteBuffer.wrap(scratch));
    if (count < 0) {
      close();
    } else if (exchange != null || closeWhenSent) {
      ahead.append(scratch, 0, count);
      interest();
    } else {
      feed(scratch, count);
    }
  }

  private void feed(byte[] bytes, int count) throws IOException {
    int at = 0;
    parsing = true;
    try {
      while (at < count && exchange == null && channel.isOpen() && !closeWhenSent) {
        at += parser.feed(bytes, at, count);
        HttpRequest request = parser.take();
        if (request != null) {
          exchange = new Exchange(this, loop, parser.closing());
          loop.handle(request, exchange);
        } else if (parser.takeContinue()) {
          queue(CONTINUE);
        }
      }
    } catch (MalformedRequest e) {
      refuse(e);
    } finally {
      parsing = false;
    }
    if (at < count && channel.isOpen()) {
      ahead.append(bytes, at, count - at);
    }
    send();
  }

  private void refuse(MalformedRequest e) {
    byte[] reason = ("Bad request: " + e.getMessage() + "\n").getBytes(StandardCharsets.US_ASCII);
    Exchange refusal = new Exchange(this, loop, true);
    exchange = refusal;
    refusal.reply(new Reply(400).body("text/plain", reason));
  }

  void queue(byte[] bytes) {
    out.add(ByteBuffer.wrap(bytes));
  }

  void flush() {
    // While requests are being read the reader sends once, after the last of them.
    if (!parsing) {
      try {
        send();
      } catch (IOException e) {
        close();
      }
    }
  }

  void replied(boolean close) {
    exchange = null;
    closeWhenSent |= close;
    flush();
    if (!parsing && ahead.length() > 0 && channel.isOpen()) {
      loop.execute(this::readAhead);
    }
  }

  private void readAhead() {
    byte[] waiting = ahead.toArray();
    if (exchange == null && channel.isOpen() && !closeWhenSent) {
      ahead.release();
      try {
        feed(waiting, waiting.length);
      } catch (IOException e) {
        close();
      }
    }
  }

  private void send() throws IOException {
    if (!channel.isOpen()) {
      return;
    }
    if (!out.isEmpty()) {
      if (out.size() == 1) {
        channel.write(out.getFirst());
      } else {
        channel.write(out.toArray(new ByteBuffer[0]));
      }
      while (!out.isEmpty() && !out.getFirst().hasRemaining()) {
        out.removeFirst();
      }
    }
    if (out.isEmpty() && closeWhenSent) {
      // Half-close first: a plain close with unread input would turn into a reset that can overtake
      // the reply.
      channel.shutdownOutput();
      close();
    } else {
      interest();
      if (out.isEmpty() && exchange != null) {
        exchange.drained();
      }
    }
  }

  private void interest() {
    if (key.isValid()) {
      int wanted =
          (ahead.length() < MAX_AHEAD ? SelectionKey.OP_READ : 0)
              | (out.isEmpty() ? 0 : SelectionKey.OP_WRITE);
      if (key.interestOps() != wanted) {
        key.interestOps(wanted);
      }
    }
  }

  void reset() {
    out.clear();
    exchange = null;
    try {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException e) {
      // Already closed by the peer: then there is nothing left to reset.
    }
    close();
  }

  void close() {
    Exchange interrupted = exchange;
    exchange = null;
    loop.forget(this, channel);
    if (interrupted != null) {
      interrupted.gone();
    }
  }
}
