package io.millrace.worker.execute;

import io.millrace.claude.call.Reply;
import io.millrace.claude.call.ReplyHeaders;
import io.millrace.claude.classify.MessageFacts;
import io.millrace.claude.classify.Outcome;
import io.millrace.claude.trace.Step;
import io.millrace.claude.trace.Traces;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Settlement.Effect;
import org.jspecify.annotations.Nullable;

/** The spans of one claim of a job. They name the job and its outcome, and none of its content. */
final class JobTrace implements AutoCloseable {

  /** Tells nobody. */
  static final JobTrace NONE = new JobTrace(Step.NONE);

  private final Step job;
  private boolean settled;

  private JobTrace(Step job) {
    this.job = job;
  }

  static JobTrace begin(Traces traces, Claimed job, @Nullable String traceParent) {
    var step = traces.consume("job", traceParent);
    if (step == Step.NONE) {
      return NONE;
    }
    step.put("millrace.job.id", job.id().toString())
        .put("millrace.job.lane", job.lane().wireName())
        .put("millrace.job.pool", job.pool())
        .put("millrace.job.claim", job.fence().claimNo())
        .put("millrace.job.attempts", job.attempts())
        .put("millrace.worker.id", job.fence().workerId().toString())
        .put("millrace.wait.due_ms", job.waits().sinceDue().toMillis())
        .put("millrace.wait.released_ms", job.waits().sinceReleased().toMillis());
    return new JobTrace(step);
  }

  Step admission() {
    return job.begin("admission");
  }

  Step record() {
    return job.begin("record");
  }

  Step call(Claimed claimed, int no) {
    return job.call("call")
        .put("gen_ai.operation.name", "chat")
        .put("gen_ai.provider.name", "anthropic")
        .put("gen_ai.request.model", claimed.model())
        .put("gen_ai.request.max_tokens", claimed.maxOutput())
        .put("millrace.attempt", no);
  }

  /** Ends the span of a call. */
  static void called(Step step, Reply reply, Outcome outcome) {
    try (step) {
      if (!step.isRead()) {
        return;
      }
      switch (reply) {
        case Reply.Answered answered -> replied(step, answered.status(), answered.headers());
        case Reply.Broken broken -> replied(step, broken.status(), broken.headers());
        case Reply.NothingSent _ -> {}
      }
      switch (outcome) {
        case Outcome.Succeeded(_, var facts) -> succeeded(step, facts);
        case Outcome.Failed failed -> {
          step.put("millrace.outcome", failed.code().failureClass().wireName());
          step.fail(failed.code().wireName());
        }
      }
    }
  }

  private static void replied(Step step, @Nullable Integer status, ReplyHeaders headers) {
    if (status != null) {
      step.put("http.response.status_code", status);
    }
    headers.requestId().ifPresent(id -> step.put("anthropic.request_id", id));
  }

  private static void succeeded(Step step, MessageFacts facts) {
    var usage = facts.usage();
    step.put("millrace.outcome", "succeeded")
        .put("gen_ai.usage.input_tokens", usage.promptTokens())
        .put("gen_ai.usage.output_tokens", usage.outputTokens())
        .put("gen_ai.usage.cache_read.input_tokens", usage.cacheReadTokens())
        .put("gen_ai.usage.cache_creation.input_tokens", usage.cacheWriteTokens());
    String model = facts.model();
    if (model != null) {
      step.put("gen_ai.response.model", model);
    }
  }

  /** Something was recorded, or somebody else had taken the job meanwhile. */
  void settled(Effect effect, boolean applied) {
    if (this == NONE) {
      return;
    }
    if (!applied) {
      job.fail("fenced_out");
      settled = true;
      return;
    }
    switch (effect) {
      case Effect.Finish finish -> {
        settled = true;
        job.put("millrace.job.state", finish.state().wireName());
        String code = finish.failureCode();
        if (code != null) {
          job.fail(code);
        }
      }
      case Effect.Requeue _ -> {
        settled = true;
        job.put("millrace.job.state", "queued");
      }
      case Effect.Keep _ -> {}
    }
  }

  /** Ends the claim's span; one without a settlement met an error of Millrace's own. */
  @Override
  public void close() {
    if (this != NONE && !settled) {
      job.fail("internal_error");
    }
    job.close();
  }
}
