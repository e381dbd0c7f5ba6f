package io.millrace.simulator.answer;

import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.http.Exchange;
import io.millrace.simulator.http.Reply;
import io.millrace.simulator.journal.Entry;
import io.millrace.simulator.journal.Outcome;
import io.millrace.simulator.limit.Pool;
import io.millrace.simulator.message.Rejected;
import org.jspecify.annotations.Nullable;

/**
 * An admitted call until its end: its output is produced evenly over its latency, sent at the end
 * or, streamed, as it comes.
 *
 * <p>Whatever ends the call, its pool and its journal line are settled once, with what had been
 * produced by then.
 */
final class Call {
  private static final long PIECE_NANOS = 25_000_000;
  private static final int MOST_PIECES = 400;
  private static final int INSTANT_PIECES = 4;

  private final Account account;
  private final Exchange exchange;
  private final Entry entry;
  private final Produced produced;
  private final Pool pool;
  private final Pool.Admitted admitted;
  private @Nullable Fault fault;
  private String text = "";
  private int pieces;
  private long interval;

  Call(
      Account account,
      Exchange exchange,
      Entry entry,
      Produced produced,
      Pool pool,
      Pool.Admitted admitted) {
    this.account = account;
    this.exchange = exchange;
    this.entry = entry;
    this.produced = produced;
    this.pool = pool;
    this.admitted = admitted;
  }

  void run(long nanos, boolean streaming, @Nullable Fault met) {
    fault = met;
    exchange.onGone(this::abandon);
    Runnable answer = streaming && !spoilsWhole() ? () -> stream(nanos) : () -> reply(nanos);
    long wait = streaming ? nanos / 10 : nanos;
    if (wait == 0) {
      account.whenReleased(answer);
    } else {
      exchange.after(wait, () -> account.whenReleased(answer));
    }
  }

  /** Faults that make no difference between a stream and a plain reply. */
  private boolean spoilsWhole() {
    return fault == Fault.LOST_REPLY
        || fault == Fault.GARBAGE
        || fault == Fault.EMPTY
        || fault == Fault.TRUNCATED;
  }

  private void abandon() {
    long now = account.nanos();
    // A fault's own stall ends with the client's leaving: that is the fault, not the client's
    // doing.
    end(0, fault == null ? Outcome.ABANDONED : Outcome.FAULTED, admitted.producedBy(now));
  }

  private void end(int status, Outcome outcome, long outputTokens) {
    admitted.end(account.nanos(), outputTokens);
    entry.end(status, outcome, produced.usage().withOutput(outputTokens));
  }

  private Reply head() {
    admitted.settleInput();
    Reply reply = Messages.identify(new Reply(200).header("request-id", entry.requestId()));
    pool.tell(reply, account.nanos());
    return reply;
  }

  private void reply(long nanos) {
    long tokens = produced.usage().outputTokens();
    if (fault == Fault.STREAM_ERROR) {
      end(529, Outcome.FAULTED, tokens);
      exchange.reply(
          Messages.identify(
              Errors.of(new Rejected(529, "overloaded_error", "Overloaded"), entry.requestId())));
      return;
    }
    if (fault != Fault.STREAM_STALL) {
      end(fault == Fault.LOST_REPLY ? 0 : 200, outcome(), tokens);
    }
    Spoiled.send(exchange, head().body("application/json", produced.json()), fault, nanos);
  }

  private Outcome outcome() {
    return fault == null || fault == Fault.REFUSAL || fault == Fault.SLOW_DRIP
        ? Outcome.ANSWERED
        : Outcome.FAULTED;
  }

  private void stream(long nanos) {
    long tokens = produced.usage().outputTokens();
    long most = nanos == 0 ? INSTANT_PIECES : Math.min(MOST_PIECES, nanos / PIECE_NANOS);
    pieces = (int) Math.clamp(most, 1, Math.max(1, tokens));
    interval = Math.max(nanos * 9 / 10, fault == Fault.SLOW_DRIP ? 2_000_000_000L : 0) / pieces;
    exchange.startChunked(
        head()
            .header("content-type", "text/event-stream; charset=utf-8")
            .header("cache-control", "no-cache"));
    text = produced.text();
    Events events = new Events(produced);
    exchange.write(events.start());
    next(events, 0);
  }

  private void next(Events events, int piece) {
    if (interval > 0) {
      exchange.flush();
      exchange.after(interval, () -> deliver(events, piece));
    } else {
      deliver(events, piece);
    }
  }

  private void deliver(Events events, int piece) {
    int from = cut(piece);
    int to = cut(piece + 1);
    if (to > from) {
      exchange.write(events.delta(text.substring(from, to)));
    }
    boolean last = piece + 1 == pieces;
    if (breaksOff() && (last || piece + 1 >= pieces / 2)) {
      breakOff(piece + 1);
    } else if (last) {
      end(200, outcome(), produced.usage().outputTokens());
      exchange.write(events.stop());
      exchange.finish();
    } else {
      next(events, piece + 1);
    }
  }

  private boolean breaksOff() {
    return fault == Fault.STREAM_ERROR
        || fault == Fault.STREAM_STOP
        || fault == Fault.STREAM_CUT
        || fault == Fault.STREAM_STALL;
  }

  private void breakOff(int delivered) {
    long tokens = produced.usage().outputTokens() * delivered / pieces;
    if (fault == Fault.STREAM_STALL) {
      exchange.flush();
      return;
    }
    end(200, Outcome.FAULTED, tokens);
    if (fault == Fault.STREAM_CUT) {
      exchange.cut();
      return;
    }
    if (fault == Fault.STREAM_ERROR) {
      exchange.write(Events.overloaded(entry.requestId()));
    }
    exchange.finish();
  }

  /** Where the piece begins; never inside a surrogate pair. */
  private int cut(int piece) {
    int at = (int) ((long) text.length() * piece / pieces);
    return at > 0 && at < text.length() && Character.isLowSurrogate(text.charAt(at)) ? at - 1 : at;
  }
}
