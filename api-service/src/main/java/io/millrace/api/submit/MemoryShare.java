package io.millrace.api.submit;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import java.util.concurrent.Semaphore;

/**
 * What one request holds of the memory that all bodies may have together, until it is closed. Not
 * for several threads.
 */
public final class MemoryShare implements AutoCloseable {

  private final Semaphore memory;
  private int held;

  /**
   * Holds nothing yet.
   *
   * @param memory permits of one kibibyte each
   */
  public MemoryShare(Semaphore memory) {
    this.memory = memory;
  }

  /**
   * Takes as many bytes more.
   *
   * @throws Refused with 503 where others hold them
   */
  public void reserve(int more) {
    int permits = (more >> 10) + 1;
    if (!memory.tryAcquire(permits)) {
      throw new Refused(
          Problem.overloaded(
              Problem.Reason.MEMORY, "Too many large requests at once; nothing was stored", 1));
    }
    held += permits;
  }

  @Override
  public void close() {
    memory.release(held);
    held = 0;
  }
}
