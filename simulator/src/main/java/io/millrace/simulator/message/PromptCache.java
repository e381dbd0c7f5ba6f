package io.millrace.simulator.message;

import io.millrace.simulator.journal.Usage;
import io.millrace.simulator.message.Prompt.Block;
import io.millrace.simulator.message.Prompt.Ttl;
import io.millrace.simulator.model.Model;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The prompt cache of one account: which prefixes were written, and until when they live.
 *
 * <p>An entry lives from the start of the request that wrote or last read it, and can be read once
 * that request's answer has begun.
 */
public final class PromptCache {
  private static final int LOOKBACK = 20;
  private static final int MAX_ENTRIES = 50_000;

  private static final class Cached {
    private final Ttl ttl;
    private final long readableFrom;
    private long expires;

    private Cached(Ttl ttl, long readableFrom, long expires) {
      this.ttl = ttl;
      this.readableFrom = readableFrom;
      this.expires = expires;
    }
  }

  private final Map<String, Cached> entries =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Cached> eldest) {
          return size() > MAX_ENTRIES;
        }
      };

  /** Splits the prompt's input into read, written and plain tokens, and changes nothing. */
  public Usage split(Prompt prompt, Model model, String workspace, long now) {
    return new Split(prompt, model, workspace, now).usage();
  }

  /**
   * As {@link #split}, and refreshes what is read and stores what is written, readable from the
   * time given.
   */
  public Usage use(Prompt prompt, Model model, String workspace, long now, long readableFrom) {
    Split split = new Split(prompt, model, workspace, now);
    split.store(readableFrom);
    return split.usage();
  }

  public void clear() {
    entries.clear();
  }

  private final class Split {
    private final List<Block> blocks;
    private final long total;
    private final long least;
    private final String scope;
    private final long now;
    private int hit = -1;

    private Split(Prompt prompt, Model model, String workspace, long now) {
      blocks = prompt.blocks();
      total = prompt.tokens();
      least = model.minCacheableTokens();
      scope = workspace + '|' + model.id() + '|';
      this.now = now;
      for (int i = blocks.size() - 1; i >= 0 && hit < 0; i--) {
        hit = writable(blocks.get(i)) ? readable(i) : -1;
      }
    }

    private boolean writable(Block block) {
      return block.breakpoint() != null && block.upTo() >= least;
    }

    private int readable(int breakpoint) {
      for (int i = breakpoint; i >= 0 && breakpoint - i < LOOKBACK; i--) {
        Cached cached = cached(i);
        if (cached != null && cached.readableFrom <= now && now < cached.expires) {
          return i;
        }
      }
      return -1;
    }

    private @Nullable Cached cached(int i) {
      return entries.get(scope + blocks.get(i).prefix());
    }

    private Usage usage() {
      long read = hit < 0 ? 0 : blocks.get(hit).upTo();
      long covered = read;
      long fiveMinutes = 0;
      long oneHour = 0;
      for (int i = hit + 1; i < blocks.size(); i++) {
        Block block = blocks.get(i);
        if (writable(block)) {
          long written = block.upTo() - covered;
          covered = block.upTo();
          if (block.breakpoint() == Ttl.ONE_HOUR) {
            oneHour += written;
          } else {
            fiveMinutes += written;
          }
        }
      }
      return new Usage(total - covered, read, fiveMinutes, oneHour, 0);
    }

    private void store(long readableFrom) {
      Cached found = hit < 0 ? null : cached(hit);
      if (found != null) {
        found.expires = now + found.ttl.nanos();
      }
      for (int i = hit + 1; i < blocks.size(); i++) {
        Block block = blocks.get(i);
        Ttl ttl = block.breakpoint();
        if (ttl != null && writable(block)) {
          Cached older = cached(i);
          // Another request's entry that is about to become readable is not put off by ours.
          long from =
              older != null && now < older.expires
                  ? Math.min(older.readableFrom, readableFrom)
                  : readableFrom;
          entries.put(scope + block.prefix(), new Cached(ttl, from, now + ttl.nanos()));
        }
      }
    }
  }
}
