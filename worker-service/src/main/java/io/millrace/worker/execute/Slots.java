package io.millrace.worker.execute;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The bound on what a worker holds: jobs, and bytes of their prompts. */
public final class Slots {

  private final int most;
  private final long mostBytes;
  private static final int LARGE = 1 << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition freed = lock.newCondition();
  private int used;
  private long bytes;

  Slots(ExecuteSettings settings) {
    this.most = settings.slots();
    this.mostBytes = settings.bytes().toBytes();
  }

  /** Jobs that may be held at once. */
  int most() {
    return most;
  }

  /** Jobs held now. */
  public int used() {
    lock.lock();
    try {
      return used;
    } finally {
      lock.unlock();
    }
  }

  /** Waits up to {@code patience} for room, and says how many more jobs may be held. */
  public int awaitRoom(Duration patience) throws InterruptedException {
    lock.lock();
    try {
      long left = patience.toNanos();
      while ((used >= most || bytes >= mostBytes) && left > 0) {
        left = freed.awaitNanos(left);
      }
      return bytes >= mostBytes ? 0 : Math.max(0, most - used);
    } finally {
      lock.unlock();
    }
  }

  /** Takes one slot for a job of that size; false where its bytes do not fit. */
  boolean take(int jobBytes) {
    lock.lock();
    try {
      // Large jobs leave a quarter to the others: whoever sends nothing else must not keep all out.
      long room = jobBytes > LARGE ? mostBytes - mostBytes / 4 : mostBytes;
      if (used > 0 && bytes + jobBytes > room) {
        return false;
      }
      used++;
      bytes += jobBytes;
      return true;
    } finally {
      lock.unlock();
    }
  }

  void free(int jobBytes) {
    lock.lock();
    try {
      used--;
      bytes -= jobBytes;
      freed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
