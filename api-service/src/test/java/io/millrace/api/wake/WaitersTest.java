package io.millrace.api.wake;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.job.JobId;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class WaitersTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  private final Waiters waiters = new Waiters(() -> {});
  private final JobId job = new JobId(new UUID(1, 2));

  @Test
  void aSignBetweenRegisteringAndWaitingIsNotLost() throws Exception {
    try (var waiter = waiters.register(job)) {
      waiters.wake(job);
      waiters.wake(job);

      assertThat(waiter.await(LONG)).isTrue();
      assertThat(waiter.await(Duration.ZERO)).isFalse();
    }
  }

  @Test
  void everyoneWhoWaitsForAJobIsWokenAndNobodyElse() throws Exception {
    var other = new JobId(new UUID(1, 3));
    try (var first = waiters.register(job);
        var second = waiters.register(job);
        var third = waiters.register(other)) {
      waiters.wake(job);

      assertThat(first.await(LONG)).isTrue();
      assertThat(second.await(LONG)).isTrue();
      assertThat(third.await(Duration.ZERO)).isFalse();
      assertThat(waiters.ids()).containsExactlyInAnyOrder(job, other);
    }
  }

  @Test
  void whoHasGoneLeavesNothingBehind() {
    var first = waiters.register(job);
    var second = waiters.register(job);
    first.close();
    assertThat(waiters.isEmpty()).isFalse();
    second.close();

    assertThat(waiters.isEmpty()).isTrue();
    waiters.wake(job);
  }

  @Test
  void closingLetsAllGo() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        var waiter = waiters.register(job)) {
      Future<Boolean> waiting = threads.submit(() -> waiter.await(LONG));
      waiters.close();

      assertThat(waiting.get()).isFalse();
      assertThat(waiters.register(job).await(LONG)).isFalse();
    }
  }
}
