package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Releases.Pick;
import io.millrace.db.job.Settlement.Effect;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Keep;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tries every verb of the stores on a job in every state: what moves is what {@link JobState}
 * allows, no more and no less.
 */
class JobStateMachineTest {

  private static final Path PAGE = Path.of("..", "docs", "state-machine.md");
  private static final Duration LONG = Duration.ofDays(365);

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  /** Something that a store can be asked to do with a job. */
  private record Verb(String name, String guard, String who, Try attempt) {}

  /** Does it, on a job that was once held as {@code last}, and still is if it is running. */
  @FunctionalInterface
  private interface Try {
    void on(Stores stores, Claimed last);
  }

  private record Move(JobState from, JobState to) {}

  private static final String FENCE = "running, and `claim_no` and worker are the claim's";
  private static final String WORKER = "its worker";
  private static final List<Verb> VERBS =
      List.of(
          new Verb(
              "`Claims.claim`",
              "queued, due, before `expires_at`, `claim_no` is the record's, the worker is not lost",
              "a worker, invited by a record",
              (stores, last) ->
                  stores
                      .claims()
                      .claim(stores.worker(), List.of(stores.invitation(last.id())), List.of())),
          settling(
              "`Settlements.settle(Finish succeeded)`",
              WORKER,
              new Finish(JobState.SUCCEEDED, null, new byte[] {'{', '}'})),
          settling(
              "`Settlements.settle(Finish failed)`",
              "its worker, or the rescue of a lost one",
              new Finish(JobState.FAILED, "overloaded", new byte[] {'{', '}'})),
          settling("`Settlements.settle(Finish canceled)`", WORKER, Calls.CANCELED),
          settling(
              "`Settlements.settle(Finish expired)`",
              "its worker, or the rescue 20 s later",
              Calls.EXPIRED),
          settling(
              "`Settlements.settle(Requeue)`",
              "its worker (retry, snooze, drain), or the rescue of a lost one",
              new Requeue(Duration.ZERO)),
          new Verb(
              "`Settlements.settle(Requeue)` after a cancel request",
              FENCE + "; `cancel_requested_at` is set",
              "its worker, or the rescue of a lost one",
              (stores, last) -> {
                stores
                    .database()
                    .dsl()
                    .execute(
                        "update job set cancel_requested_at = now() where id = ? and state = 'running'",
                        last.id().uuid());
                stores.settle(last, null, new Requeue(Duration.ZERO));
              }),
          settling("`Settlements.settle(Keep)`", WORKER, new Keep()),
          new Verb(
              "`Claims.markSending`",
              FENCE,
              WORKER,
              (stores, last) -> stores.claims().markSending(List.of(last.fence()))),
          new Verb(
              "`QueuedJobs.expire`",
              "queued, `expires_at` has passed",
              "the deadline's loop",
              (stores, last) -> {
                stores.shift(last.id(), "expires_at", LONG.negated());
                stores.queued().expire(1_000);
              }),
          new Verb(
              "`TenantJobs.cancel`",
              "queued, and the tenant's",
              "the caller",
              (stores, last) -> stores.cancel(last.id())),
          new Verb(
              "`TenantJobs.replay`",
              "failed, expired or canceled, and the tenant's; a new series begins",
              "the caller",
              (stores, last) -> stores.replay(last.id())),
          new Verb(
              "`Releases`",
              "queued",
              "the dispatcher",
              (stores, last) -> {
                stores.releases().ripen(1_000);
                var picks =
                    stores.releases().queues(100).stream()
                        .map(queue -> new Pick(queue, 1_000))
                        .toList();
                stores.releases().release(picks, Duration.ofMinutes(1));
                stores.releases().takeBack(List.of(last.id()));
              }));

  private static Verb settling(String name, String who, Effect effect) {
    return new Verb(
        name,
        FENCE,
        who,
        (stores, last) -> {
          boolean held = stores.state(last.id()) == JobState.RUNNING;
          boolean answered =
              effect instanceof Finish(var state, _, _) && state == JobState.SUCCEEDED;
          stores.settle(
              last,
              held && answered ? Calls.succeeded(last, last.attempts() + 1, "0.01") : null,
              effect);
        });
  }

  @ParameterizedTest
  @EnumSource
  void theStoresMoveAJobExactlyAsItsStateAllows(JobState from) {
    var moves = movesFrom(from);

    for (JobState to : JobState.values()) {
      assertThat(moves.containsKey(new Move(from, to)))
          .as("%s -> %s by %s", from, to, moves.get(new Move(from, to)))
          .isEqualTo(from.canBecome(to));
    }
    Invariants.hold(postgres.database());
  }

  @Test
  void thePageShowsEveryMove() throws IOException {
    String page = page();
    if (Boolean.getBoolean("millrace.docs.write")) {
      Files.createDirectories(PAGE.getParent());
      Files.writeString(PAGE, page);
    }

    assertThat(PAGE).as("rewrite it with -Dmillrace.docs.write=true").content().isEqualTo(page);
  }

  private static Map<Move, List<Verb>> movesFrom(JobState from) {
    var stores = Stores.on(postgres.database());
    Map<Move, List<Verb>> moves = new LinkedHashMap<>();
    for (Verb verb : VERBS) {
      var last = bring(stores, from);
      verb.attempt().on(stores, last);
      var to = stores.state(last.id());
      if (to != from) {
        moves.computeIfAbsent(new Move(from, to), _ -> new ArrayList<>()).add(verb);
      }
      putAway(stores, last.id());
    }
    return moves;
  }

  /** A job in that state, with its last claim: the one that holds it if it is running. */
  private static Claimed bring(Stores stores, JobState state) {
    var held = stores.claimed(job());
    switch (state) {
      case RUNNING -> {}
      case QUEUED -> {
        stores.settle(held, null, new Requeue(Duration.ZERO));
        stores.ripen(held.id());
      }
      case SUCCEEDED -> stores.settle(held, Calls.succeeded(held, 1, "0.01"), Calls.ANSWERED);
      case FAILED -> stores.settle(held, Calls.overloaded(held, 1), Calls.FAILED);
      case CANCELED -> stores.settle(held, null, Calls.CANCELED);
      case EXPIRED -> stores.settle(held, null, Calls.EXPIRED);
    }
    assertThat(stores.state(held.id())).isEqualTo(state);
    return held;
  }

  // Out of the way of the verbs that take whatever is due.
  private static void putAway(Stores stores, JobId id) {
    stores.cancel(id);
  }

  private static String page() {
    Map<Move, List<Verb>> moves = new LinkedHashMap<>();
    for (JobState from : JobState.values()) {
      movesFrom(from).entrySet().stream()
          .sorted(Map.Entry.comparingByKey((one, other) -> one.to().compareTo(other.to())))
          .forEach(move -> moves.put(move.getKey(), move.getValue()));
    }
    return """
    # The states of a job

    Written by `JobStateMachineTest`, which tries every verb of the stores on a job in every state; edit
    the code, not this page. `JobState` alone knows the legal moves, a guarded update makes each of
    them, and a move whose guard does not hold changes nothing.

    ```mermaid
    stateDiagram-v2
      [*] --> queued
    """
        + moves.keySet().stream()
            .map(move -> "  %s --> %s\n".formatted(move.from().wireName(), move.to().wireName()))
            .collect(Collectors.joining())
        + """
          succeeded --> [*]
        ```

        A final state is left by a replay alone, and `succeeded` never.

        | from | to | verb | guard | who |
        |---|---|---|---|---|
        | | queued | `Submissions.submit` | its idempotency key is free | the caller |
        """
        + moves.entrySet().stream()
            .flatMap(move -> move.getValue().stream().map(verb -> row(move.getKey(), verb)))
            .collect(Collectors.joining());
  }

  private static String row(Move move, Verb verb) {
    return "| %s | %s | %s | %s | %s |\n"
        .formatted(
            move.from().wireName(), move.to().wireName(), verb.name(), verb.guard(), verb.who());
  }
}
