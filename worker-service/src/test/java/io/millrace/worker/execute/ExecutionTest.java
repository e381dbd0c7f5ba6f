package io.millrace.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.claude.call.AbortReason;
import io.millrace.db.job.Claims.Payload;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExecutionTest {

  private final Execution execution =
      new Execution(
          HeldJob.in("pool", 6, true),
          new Payload(new byte[0], "2026-10-21", List.of(), List.of(), null),
          System.nanoTime());

  @Test
  void aCancelEndsAWaitForTheRate() throws InterruptedException {
    var waiting =
        Thread.ofVirtual()
            .start(() -> {
              try {
                execution.pause(Duration.ofMinutes(5));
              } catch (InterruptedException unexpected) {
                Thread.currentThread().interrupt();
              }
            });

    execution.abort(AbortReason.CANCEL);

    assertThat(waiting.join(Duration.ofSeconds(30))).isTrue();
    assertThat(execution.abortReason()).contains(AbortReason.CANCEL);
  }

  @Test
  void theFirstReasonStands() {
    execution.abort(AbortReason.CANCEL);
    execution.abort(AbortReason.DRAIN);

    assertThat(execution.abortReason()).contains(AbortReason.CANCEL);
  }
}
