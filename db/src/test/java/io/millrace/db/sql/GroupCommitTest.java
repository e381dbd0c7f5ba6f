package io.millrace.db.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GroupCommitTest {

  private final List<List<Integer>> committed = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch first = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private GroupCommit<Integer, String> commits;

  @AfterEach
  void close() {
    goOn.countDown();
    commits.close();
  }

  @Test
  void whatWaitsDuringACommitSharesTheNext() throws Exception {
    commits = group(limits(100, 4, 1_000), this::store);
    List<CompletableFuture<String>> results = hold(6);

    goOn.countDown();

    assertThat(join(results)).containsExactly("0", "1", "2", "3", "4", "5");
    assertThat(committed).containsExactly(List.of(0), List.of(1, 2, 3, 4), List.of(5));
  }

  @Test
  void weightEndsABatch() throws Exception {
    commits = group(limits(100, 100, 5), this::store);
    List<CompletableFuture<String>> results = hold(5);

    goOn.countDown();

    join(results);
    assertThat(committed).containsExactly(List.of(0), List.of(1, 2, 3), List.of(4));
  }

  @Test
  void aFullQueueRefuses() throws Exception {
    commits = group(limits(2, 10, 1_000), this::store);
    hold(3);
    assertThat(commits.depth()).isEqualTo(2);

    assertThatThrownBy(() -> commits.add(3))
        .isInstanceOf(RejectedExecutionException.class)
        .hasMessage("the queue is full");
  }

  @Test
  void whatWaitsCanBeTakenBackAndWhatIsUnderWayCannot() throws Exception {
    commits = group(limits(100, 10, 1_000), this::store);
    List<CompletableFuture<String>> results = hold(3);

    assertThat(commits.withdraw(results.get(0))).isFalse();
    assertThat(commits.withdraw(results.get(1))).isTrue();
    assertThat(commits.withdraw(results.get(1))).isFalse();
    goOn.countDown();

    assertThat(results.get(2).get(10, TimeUnit.SECONDS)).isEqualTo("2");
    assertThat(committed).containsExactly(List.of(0), List.of(2));
    assertThat(results.get(1)).isNotDone();
  }

  @Test
  void aBatchThatFailsIsHalvedUntilOnlyTheCulpritFails() throws Exception {
    commits =
        group(
            limits(100, 100, 1_000),
            batch -> {
              if (batch.contains(13)) {
                throw new IllegalStateException("13");
              }
              return store(batch);
            });
    List<CompletableFuture<String>> results = hold(33);

    goOn.countDown();

    for (int i = 0; i < results.size(); i++) {
      boolean stored =
          results.get(i).handle((_, failure) -> failure == null).get(10, TimeUnit.SECONDS);
      assertThat(stored).as("item %d", i).isEqualTo(i != 13);
    }
    assertThat(committed.stream().flatMap(List::stream).sorted().toList()).hasSize(32);
  }

  @Test
  void aConnectionThatFailsFailsTheWholeBatchAtOnce() throws Exception {
    List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    commits =
        group(
            limits(100, 100, 1_000),
            batch -> {
              sizes.add(batch.size());
              if (batch.size() > 1) {
                throw new IllegalStateException(new SQLException("cut", "08006"));
              }
              return store(batch);
            });
    List<CompletableFuture<String>> results = hold(9);

    goOn.countDown();

    for (var result : results.subList(1, 9)) {
      assertThat(result).failsWithin(Duration.ofSeconds(10));
    }
    assertThat(sizes).containsExactly(1, 8);
  }

  @Test
  void closingCommitsWhatWaitsAndRefusesMore() throws Exception {
    commits = group(limits(100, 2, 1_000), this::store);
    List<CompletableFuture<String>> results = hold(6);
    goOn.countDown();

    commits.close();

    assertThat(results).allMatch(CompletableFuture::isDone);
    assertThatThrownBy(() -> commits.add(9)).isInstanceOf(RejectedExecutionException.class);
  }

  @Test
  void whatIsAddedWhileItClosesIsCommittedOrRefusedButNotForgotten() throws Exception {
    for (int round = 0; round < 20; round++) {
      commits = new GroupCommit<>("test", limits(100_000, 50, 1_000), _ -> 1, this::strings);
      List<CompletableFuture<String>> accepted = Collections.synchronizedList(new ArrayList<>());
      var adding = new CountDownLatch(1);
      var adder =
          Thread.startVirtualThread(() -> {
            try {
              while (true) {
                accepted.add(commits.add(1));
                adding.countDown();
              }
            } catch (RejectedExecutionException closed) {
              // The end of the round.
            }
          });
      adding.await();
      commits.close();
      adder.join();

      for (var result : accepted) {
        assertThat(result.get(10, TimeUnit.SECONDS)).isEqualTo("1");
      }
    }
  }

  /** Adds so many, the first of which is being committed until {@code goOn}. */
  private List<CompletableFuture<String>> hold(int items) throws InterruptedException {
    List<CompletableFuture<String>> results = new ArrayList<>();
    results.add(commits.add(0));
    assertThat(first.await(10, TimeUnit.SECONDS)).isTrue();
    for (int i = 1; i < items; i++) {
      results.add(commits.add(i));
    }
    return results;
  }

  private static List<String> join(List<CompletableFuture<String>> results) throws Exception {
    List<String> joined = new ArrayList<>();
    for (var result : results) {
      joined.add(result.get(10, TimeUnit.SECONDS));
    }
    return joined;
  }

  private GroupCommit<Integer, String> group(
      GroupCommit.Limits limits, Function<List<Integer>, List<String>> commit) {
    return new GroupCommit<>(
        "test",
        limits,
        weight -> weight,
        batch -> {
          first.countDown();
          try {
            goOn.await();
          } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
          }
          return commit.apply(batch);
        });
  }

  private List<String> store(List<Integer> batch) {
    committed.add(batch);
    return strings(batch);
  }

  private List<String> strings(List<Integer> batch) {
    return batch.stream().map(String::valueOf).toList();
  }

  private static GroupCommit.Limits limits(int queue, int batch, long weight) {
    return new GroupCommit.Limits(queue, batch, weight, 1, Duration.ZERO);
  }
}
