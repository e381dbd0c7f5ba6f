package io.millrace.api.live;

import io.millrace.db.job.JobChange;
import io.millrace.db.job.JobChange.End;
import io.millrace.failure.FailureClass;
import io.millrace.failure.FailureCode;
import io.millrace.job.BatchId;
import io.millrace.job.JobState;
import io.millrace.wire.JsonWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An event as all who get it get it: written once, however many these are.
 *
 * @param id null where nobody can go on from it
 * @param block its lines, to the empty one that ends it
 */
record LiveEvent(@Nullable String id, JobState state, JobChange job, byte[] block) {

  /** The job reached the state that it is in. */
  static LiveEvent of(JobChange job) {
    String id =
        job.finishedAt() == null
            ? "%s-%d-%s".formatted(job.id(), job.claimNo(), job.state().wireName())
            : new Cursor(end(job)).toString();
    return of(id, job.state(), job);
  }

  /** The job was queued again, whatever has become of it since. */
  static LiveEvent requeued(JobChange job) {
    return of(null, JobState.QUEUED, job);
  }

  /** The end of a job that has ended. */
  static End end(JobChange job) {
    if (job.finishedAt() == null) {
      throw new IllegalArgumentException(job.id() + " has not ended");
    }
    return new End(job.finishedAt(), job.id());
  }

  boolean isFinal() {
    return state.isFinal();
  }

  String type() {
    return "job." + state.wireName();
  }

  private static LiveEvent of(@Nullable String id, JobState state, JobChange job) {
    String head = (id == null ? "" : "id: " + id + "\n") + "event: job." + state.wireName() + "\n";
    byte[] data = data(state, job);
    byte[] start = (head + "data: ").getBytes(StandardCharsets.UTF_8);
    byte[] block = new byte[start.length + data.length + 2];
    System.arraycopy(start, 0, block, 0, start.length);
    System.arraycopy(data, 0, block, start.length, data.length);
    block[block.length - 2] = '\n';
    block[block.length - 1] = '\n';
    return new LiveEvent(id, state, job, block);
  }

  private static byte[] data(JobState state, JobChange job) {
    var labels = job.labels();
    var json =
        new JsonWriter()
            .text("id", job.id().toString())
            .text("type", "job")
            .text("status", state.wireName())
            .text("lane", labels.lane().wireName())
            .text("custom_id", labels.customId())
            .text("user_id", labels.userId())
            .text("feature", labels.feature())
            .text("model", labels.model())
            .text(
                "batch_id",
                labels.batchId() == null ? null : new BatchId(labels.batchId()).toString())
            .number("attempts", job.attempts())
            .time("created_at", job.createdAt())
            .time("finished_at", state.isFinal() ? job.finishedAt() : null);
    String code = state == JobState.FAILED ? job.failureCode() : null;
    if (code == null) {
      json.text("failure", null);
    } else {
      json.object("failure")
          .text("code", code)
          .text(
              "class",
              FailureCode.fromWireName(code)
                  .map(FailureCode::failureClass)
                  .map(FailureClass::wireName)
                  .orElse(null))
          .end();
    }
    return json.finish();
  }
}
