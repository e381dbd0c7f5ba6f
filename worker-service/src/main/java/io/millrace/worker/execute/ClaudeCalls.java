package io.millrace.worker.execute;

import io.millrace.claude.call.Call;
import io.millrace.claude.call.CallRequest;
import io.millrace.claude.call.ClaudeClient;
import io.millrace.claude.call.ModelField;
import io.millrace.claude.classify.Outcome;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** The calls that jobs make: what is sent, and whose fault a refusal is. */
final class ClaudeCalls {

  private final ClaudeClient claude;
  private final Refusals refusals;

  ClaudeCalls(ClaudeClient claude, Refusals refusals) {
    this.claude = claude;
    this.refusals = refusals;
  }

  Call prepare(Execution execution, int no, Duration timeout, BooleanSupplier maySend) {
    var job = execution.job();
    var payload = execution.payload();
    return claude.prepare(
        new CallRequest(
            body(execution),
            payload.anthropicVersion(),
            payload.anthropicBeta(),
            timeout,
            new CallRequest.Correlation(job.id().toString(), no),
            claude.streams(job.maxOutput())),
        maySend);
  }

  // A fallback changes the model and nothing else.
  private static byte[] body(Execution execution) {
    byte[] params = execution.payload().params();
    return execution.job().rerouted()
        ? ModelField.replace(params, execution.job().model())
        : params;
  }

  /** The outcome, once it is clear whom a refusal meant. */
  Outcome confirmed(Execution execution, Outcome outcome) {
    return refusals.confirmed(
        execution.job().model(), execution.payload().anthropicVersion(), outcome);
  }
}
