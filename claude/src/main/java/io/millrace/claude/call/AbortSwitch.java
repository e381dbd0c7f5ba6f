package io.millrace.claude.call;

import java.io.InterruptedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Stops the virtual thread that makes a call, from any other thread.
 *
 * <p>The SDK gives no handle on a blocking call, so stopping one is an interrupt: under a virtual
 * thread that waits for a socket the JDK then closes that socket, and OkHttp resets an HTTP/2
 * stream. Interrupts are given and cleared under one lock, so that none outlives its call and hits
 * what the thread does next.
 */
final class AbortSwitch {
  private @Nullable Thread runner;
  private @Nullable AbortReason aborted;
  private boolean connectTimedOut;
  private boolean interrupted;
  private boolean begun;
  private boolean over;
  private boolean sending;

  /** Binds the switch to the calling thread. */
  synchronized void begin() {
    if (begun) {
      throw new IllegalStateException("A call is made once");
    }
    begun = true;
    runner = Thread.currentThread();
    if (runner.isInterrupted() && aborted == null) {
      aborted = AbortReason.DRAIN;
    }
  }

  /** The first reason stands. */
  synchronized void abort(AbortReason reason) {
    if (!over && aborted == null) {
      aborted = reason;
      interrupt();
    }
  }

  /** Gives up waiting for a connection; too late once sending has begun. */
  synchronized boolean connectTimeout() {
    if (!over && !sending && aborted == null) {
      connectTimedOut = true;
      interrupt();
    }
    return connectTimedOut;
  }

  /** The last moment at which an abort can still keep everything from leaving. */
  synchronized void beginSending() throws InterruptedIOException {
    if (stopped()) {
      throw new InterruptedIOException("aborted");
    }
    sending = true;
  }

  synchronized boolean sending() {
    return sending;
  }

  synchronized boolean stopped() {
    return aborted != null || connectTimedOut;
  }

  synchronized boolean connectTimedOut() {
    return connectTimedOut;
  }

  synchronized @Nullable AbortReason reason() {
    return aborted;
  }

  /** After this no interrupt comes any more, and one that came is cleared. */
  synchronized void end() {
    over = true;
    runner = null;
    if (interrupted) {
      Thread.interrupted();
    }
  }

  private void interrupt() {
    if (runner != null) {
      interrupted = true;
      runner.interrupt();
    }
  }
}
