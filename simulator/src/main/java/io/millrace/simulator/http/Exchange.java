package io.millrace.simulator.http;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one request, under way. Used on the loop's thread only.
 *
 * <p>After the client has gone every method does nothing, so a late answer needs no care.
 */
public final class Exchange {
  private static final byte[] CRLF = "\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Connection connection;
  private final HttpLoop loop;
  private final boolean closing;
  private boolean chunked;
  private boolean over;
  private @Nullable Runnable onGone;
  private @Nullable Pieces pieces;

  Exchange(Connection connection, HttpLoop loop, boolean closing) {
    this.connection = connection;
    this.loop = loop;
    this.closing = closing;
  }

  /** Sends a whole reply. */
  public void reply(Reply reply) {
    start(reply, reply.body().length);
    write(reply.body());
    finish();
  }

  /**
   * Sends the head of a reply whose body of the announced length is then written piece by piece.
   */
  public void start(Reply reply, long contentLength) {
    head(reply.header("content-length", contentLength));
  }

  /** Sends the head of a reply whose length is not known; pieces go out as chunks. */
  public void startChunked(Reply reply) {
    chunked = true;
    head(reply.header("transfer-encoding", "chunked"));
  }

  private void head(Reply reply) {
    if (!over) {
      if (closing) {
        reply.header("connection", "close");
      }
      connection.queue(reply.head().append(CRLF).toArray());
    }
  }

  public void write(byte[] bytes) {
    if (over || bytes.length == 0) {
      return;
    }
    if (chunked) {
      connection.queue(
          new Bytes(bytes.length + 16)
              .ascii(Integer.toHexString(bytes.length))
              .append(CRLF)
              .append(bytes)
              .append(CRLF)
              .toArray());
    } else {
      connection.queue(bytes);
    }
  }

  /** A body in pieces, each made when the one before it has gone out. */
  @FunctionalInterface
  public interface Pieces {
    /**
     * The next piece; null: there are no more. An empty one pauses until the pieces are pumped
     * again.
     */
    byte @Nullable [] next();
  }

  /**
   * Sends the pieces as fast as the client takes them and finishes; other exchanges have their turn
   * between two. A piece may also end the exchange itself.
   */
  public void pump(Pieces source) {
    pieces = source;
    flush();
  }

  /** Everything written has gone out. */
  void drained() {
    Pieces source = pieces;
    if (source != null && !over) {
      pieces = null;
      after(0, () -> send(source));
    }
  }

  private void send(Pieces source) {
    byte[] piece = source.next();
    if (piece == null) {
      finish();
    } else {
      write(piece);
      if (piece.length > 0) {
        pump(source);
      }
    }
  }

  /** The loop that this exchange runs on. */
  public HttpLoop loop() {
    return loop;
  }

  /** Sends what was written so far without ending the reply. */
  public void flush() {
    if (!over) {
      connection.flush();
    }
  }

  public void finish() {
    if (over) {
      return;
    }
    over = true;
    if (chunked) {
      connection.queue(LAST_CHUNK);
    }
    connection.replied(closing);
  }

  /**
   * Closes the connection in an orderly way once everything written has gone out, however
   * incomplete the reply.
   */
  public void cut() {
    if (!over) {
      over = true;
      connection.replied(true);
    }
  }

  /** Resets the connection (RST) without sending what is still waiting. */
  public void reset() {
    if (!over) {
      over = true;
      connection.reset();
    }
  }

  /** Runs the action on the loop after the given time, unless this exchange has ended by then. */
  public void after(long nanos, Runnable action) {
    loop.after(
        nanos,
        () -> {
          if (!over) {
            action.run();
          }
        });
  }

  /** What to do when the client closes the connection before the reply is finished. */
  public void onGone(Runnable action) {
    onGone = action;
  }

  void gone() {
    if (!over) {
      over = true;
      if (onGone != null) {
        onGone.run();
      }
    }
  }
}
