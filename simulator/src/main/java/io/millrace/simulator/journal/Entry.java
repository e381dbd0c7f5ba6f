package io.millrace.simulator.journal;

import io.millrace.simulator.fault.Fault;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The line of a call that is still being written. */
public final class Entry {
  private final Journal journal;
  private final String requestId;
  private final Instant at;
  private final String path;
  private final @Nullable String job;
  private final @Nullable String attempt;
  private @Nullable String model;
  private @Nullable String userId;
  private boolean streaming;
  private int status;
  private Outcome outcome = Outcome.IN_FLIGHT;
  private @Nullable Fault fault;
  private Usage usage = Usage.NONE;

  Entry(
      Journal journal,
      Instant at,
      String requestId,
      String path,
      @Nullable String job,
      @Nullable String attempt) {
    this.journal = journal;
    this.requestId = requestId;
    this.at = at;
    this.path = path;
    this.job = job;
    this.attempt = attempt;
  }

  public String requestId() {
    return requestId;
  }

  public @Nullable String job() {
    return job;
  }

  public void describe(
      @Nullable String calledModel, @Nullable String calledUserId, boolean isStreaming) {
    model = calledModel;
    userId = calledUserId;
    streaming = isStreaming;
  }

  public void meets(Fault met) {
    fault = met;
  }

  /**
   * Ends the line; a second end is ignored, so that a cut and the client's leaving do not count
   * twice.
   */
  public void end(int sent, Outcome how, Usage produced) {
    if (outcome == Outcome.IN_FLIGHT) {
      status = sent;
      outcome = how;
      usage = produced;
      journal.ended(this);
    }
  }

  int status() {
    return status;
  }

  Outcome outcome() {
    return outcome;
  }

  @Nullable Fault fault() {
    return fault;
  }

  Usage usage() {
    return usage;
  }

  Received snapshot() {
    return new Received(
        requestId, at, path, model, job, attempt, userId, streaming, status, outcome, fault, usage);
  }
}
