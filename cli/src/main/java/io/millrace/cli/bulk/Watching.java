package io.millrace.cli.bulk;

import io.millrace.cli.bulk.RunState.PartState;
import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.terminal.Exit;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks after batches to their end, and brings their results as they come. A result is on the disk
 * before the place behind it is noted, so that none is lost; which come twice are left out.
 */
final class Watching {

  private static final Duration FRESH = Duration.ofSeconds(1);

  private final Calls calls;
  private final Logbook logbook;
  private final Output output;
  private final Display display;
  private final Stop stop;
  private final Pace pace;
  private final Speed speed = new Speed();
  private boolean saidUnpriced;

  Watching(Calls calls, Logbook logbook, Output output, Display display, Stop stop, Pace pace) {
    this.calls = calls;
    this.logbook = logbook;
    this.output = output;
    this.display = display;
    this.stop = stop;
    this.pace = pace;
  }

  /** One look at every batch that has not ended; whether any got on. */
  boolean look() throws IOException, InterruptedException {
    boolean news = false;
    for (PartState part : logbook.state().open()) {
      news |= look(part);
    }
    limitCost();
    speed.look(System.nanoTime(), logbook.state().tally().ended());
    display.show(standing());
    return news;
  }

  private boolean look(PartState part) throws IOException, InterruptedException {
    stop.check();
    Batch batch = batch(part);
    boolean news = batch.hasEnded() || batch.tally().ended() != part.seen.ended();
    if (news) {
      fetch(part);
      output.sync();
      logbook.state().outputLength = output.length();
    }
    boolean changed = news || !batch.tally().equals(part.seen);
    part.seen = batch.tally();
    part.complete = batch.hasEnded();
    if (changed) {
      logbook.note();
    }
    if (logbook.state().stopped && !batch.hasEnded() && !batch.isCanceling()) {
      cancel(part);
    }
    return news;
  }

  private Batch batch(PartState part) throws IOException, InterruptedException {
    try {
      Answer answer = calls.get(path(part));
      Batch batch = Batch.of(answer.body());
      if (batch == null) {
        throw new Refused("", answer);
      }
      return batch;
    } catch (Refused refused) {
      throw refused.answer().status() == 404
          ? new Refused("%s at %s: ".formatted(part.id, calls.address()), refused.answer())
          : refused;
    }
  }

  private void fetch(PartState part) throws IOException, InterruptedException {
    calls.stream(
        () ->
            path(part)
                + "/results?partial=true"
                + (part.cursor == null ? "" : "&after=" + part.cursor),
        stream ->
            Lines.each(
                stream,
                line -> {
                  ResultLine result = ResultLine.of(line, line.length);
                  if (result == null) {
                    throw new IOException("it was broken off by the server");
                  }
                  output.take(line, result);
                  if (result.cursor() != null) {
                    part.cursor = result.cursor();
                  }
                  calls.heard();
                }));
  }

  private static String path(PartState part) {
    return "/v1/messages/batches/" + part.id;
  }

  private void limitCost() throws IOException, InterruptedException {
    RunState state = logbook.state();
    BigDecimal most = state.maxCost;
    if (most == null || state.stopped) {
      return;
    }
    BigDecimal spent = state.tally().spent();
    if (spent == null) {
      if (!saidUnpriced) {
        display.warn("The cost is not known any more, so --max-cost cannot be kept to.");
        saidUnpriced = true;
      }
      return;
    }
    if (spent.compareTo(most) <= 0) {
      return;
    }
    state.stopped = true;
    logbook.note();
    display.warn(
        "%s are spent, more than --max-cost %s: what has not been called is canceled."
            .formatted(Standing.dollars(spent), Standing.dollars(most)));
    for (PartState part : state.open()) {
      cancel(part);
    }
  }

  private void cancel(PartState part) throws IOException, InterruptedException {
    try {
      calls.post(path(part) + "/cancel");
    } catch (Refused ended) {
      // It came to its end meanwhile, which the next look will see.
    }
  }

  /** Stays until all results are there that there will be. */
  int untilEnd() throws IOException, InterruptedException {
    RunState state = logbook.state();
    lookToTheEnd();
    if (output.lines() < state.submitted()) {
      // A place that was noted is not what it was: everything once more.
      state.parts.forEach(Watching::forget);
      lookToTheEnd();
    }
    long missing = state.submitted() - output.lines();
    if (missing > 0) {
      display.warn(
          "%,d requests have no result, although their batches have ended. The same command again asks for them."
              .formatted(missing));
      return Exit.FAILED;
    }
    state.finished = true;
    logbook.note();
    return end();
  }

  /** Results come from the beginning again. */
  static void forget(PartState part) {
    part.cursor = null;
    part.complete = false;
  }

  private void lookToTheEnd() throws IOException, InterruptedException {
    Duration pause = pace.look();
    while (!logbook.state().open().isEmpty()) {
      boolean news = look();
      if (!logbook.state().open().isEmpty()) {
        pause = news ? pace.look() : shorter(pause.multipliedBy(2), pace.lookIdle());
        pause(pause);
      }
    }
  }

  private void pause(Duration whole) throws InterruptedException {
    Duration left = whole;
    while (display.isLive() && left.compareTo(FRESH) > 0) {
      stop.pause(FRESH);
      left = left.minus(FRESH);
      speed.look(System.nanoTime(), logbook.state().tally().ended());
      display.show(standing());
    }
    stop.pause(left);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** Says how it ended, and knows the exit code for it. */
  int end() {
    RunState state = logbook.state();
    long unsent = state.items() - state.submitted();
    boolean all = output.of("succeeded") == state.items();
    List<String> parts = new ArrayList<>();
    output.types().forEach((type, count) -> parts.add(Standing.format("%,d %s", count, type)));
    if (unsent > 0) {
      parts.add(Standing.format("%,d not submitted", unsent));
    }
    Tally tally = state.tally();
    display.end(
        standing(),
        state.stopped ? "stopped" : all ? "succeeded" : "failed",
        "%s: %s; %s tokens in, %s out, %s."
            .formatted(
                state.stopped ? "Stopped for its cost" : "Finished",
                String.join(", ", parts),
                Standing.tokens(tally.inputTokens()),
                Standing.tokens(tally.outputTokens()),
                Standing.cost(tally)));
    return all ? Exit.SUCCEEDED : Exit.FAILED;
  }

  private Standing standing() {
    RunState state = logbook.state();
    Tally tally = state.tally();
    return new Standing(
        state.items(),
        state.submitted(),
        state.ids(),
        tally,
        speed.perSecond(),
        speed.left(state.items() - tally.ended()));
  }
}
