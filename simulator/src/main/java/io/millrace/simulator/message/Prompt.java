package io.millrace.simulator.message;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request's input in tokens, block by block in the order of the prompt cache: tools, system,
 * messages.
 */
public record Prompt(List<Block> blocks, long tokens) {
  /** How long a cache entry lives. */
  public enum Ttl {
    FIVE_MINUTES(300),
    ONE_HOUR(3600);

    private final long seconds;

    Ttl(long seconds) {
      this.seconds = seconds;
    }

    long nanos() {
      return seconds * 1_000_000_000L;
    }
  }

  /**
   * One block.
   *
   * @param upTo tokens of the prompt up to and including this block
   * @param prefix identifies the prompt up to and including this block; empty in a prompt without
   *     breakpoints
   * @param breakpoint the TTL of the cache breakpoint on this block, if there is one
   */
  public record Block(long upTo, String prefix, @Nullable Ttl breakpoint) {}

  public boolean caches() {
    for (Block block : blocks) {
      if (block.breakpoint() != null) {
        return true;
      }
    }
    return false;
  }
}
