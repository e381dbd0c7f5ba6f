package io.millrace.simulator.batch;

import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.http.Bytes;
import io.millrace.simulator.http.Exchange;
import io.millrace.simulator.journal.Entry;
import io.millrace.simulator.journal.Outcome;
import io.millrace.simulator.journal.Usage;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The results of a batch, each line written when the client has room for it. */
final class ResultLines implements Exchange.Pieces {
  private static final int PIECE = 64 * 1024;
  private static final int DRIPS = 20;
  private static final long DRIP_NANOS = 100_000_000;
  private static final byte[] PAUSE = {};

  private final Batch batch;
  private final Exchange exchange;
  private final Entry entry;
  private final @Nullable Fault fault;
  private final int upTo;
  private int at;
  private boolean rested;

  ResultLines(Batch batch, Exchange exchange, Entry entry, @Nullable Fault fault) {
    this.batch = batch;
    this.exchange = exchange;
    this.entry = entry;
    this.fault = fault;
    upTo = breaksOff() ? batch.size() / 2 : batch.size();
  }

  private boolean breaksOff() {
    return fault == Fault.TRUNCATED
        || fault == Fault.STREAM_CUT
        || fault == Fault.STREAM_STOP
        || fault == Fault.STREAM_STALL;
  }

  @Override
  public byte @Nullable [] next() {
    if (fault == Fault.SLOW_DRIP && !rested) {
      rested = true;
      exchange.flush();
      exchange.after(DRIP_NANOS, () -> exchange.pump(this));
      return PAUSE;
    }
    rested = false;
    if (at < upTo) {
      return lines(fault == Fault.SLOW_DRIP ? at + Math.ceilDiv(batch.size(), DRIPS) : upTo);
    }
    if (fault == Fault.TRUNCATED || fault == Fault.STREAM_CUT) {
      end(Outcome.FAULTED);
      Bytes line = new Bytes(PIECE);
      batch.item(at).writeResult(line);
      exchange.write(Arrays.copyOf(line.toArray(), line.length() / 2));
      exchange.cut();
      return PAUSE;
    }
    if (fault == Fault.STREAM_STALL) {
      // Ends when the client leaves.
      exchange.onGone(() -> end(Outcome.FAULTED));
      return PAUSE;
    }
    end(breaksOff() ? Outcome.FAULTED : Outcome.ANSWERED);
    return null;
  }

  private byte[] lines(int until) {
    Bytes out = new Bytes(PIECE + PIECE / 4);
    while (at < Math.min(until, upTo) && out.length() < PIECE) {
      batch.item(at++).writeResult(out);
    }
    return out.toArray();
  }

  private void end(Outcome how) {
    entry.end(200, how, Usage.NONE);
  }
}
