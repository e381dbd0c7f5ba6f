package io.millrace.testkit.store;

import static io.millrace.job.JobState.RUNNING;
import static io.millrace.job.Lane.STANDARD;
import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.job.Erasures;
import io.millrace.db.job.Erasures.Bounds;
import io.millrace.db.job.Erasures.Shown;
import io.millrace.db.job.Fallbacks;
import io.millrace.db.job.Fallbacks.Move;
import io.millrace.db.job.Fallbacks.Reason;
import io.millrace.db.job.JobFilter;
import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.JobWalk;
import io.millrace.db.job.JobWalk.Direction;
import io.millrace.db.job.MatchingJobs;
import io.millrace.db.job.QueuePlaces;
import io.millrace.db.job.QueuePlaces.Line;
import io.millrace.db.job.Releases.Pick;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.limit.Blocks;
import io.millrace.db.sql.Database;
import io.millrace.job.JobState;
import io.millrace.job.ReleasedJob;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No statement of a loop grows with the backlog or with what a worker holds: beside thousands of
 * ready, thousands of parked and hundreds of held jobs each reads a few index entries, by the
 * database's own count, and scans no table.
 */
class PlansTest {

  private static final int BACKLOG = 4_000;
  private static final int HELD = 600;
  private static final int FEW = 150;

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  /** One connection, so that the count of what it read is its own. */
  private static Database single;

  private static Stores stores;
  private static UUID worker;
  private static UUID busy;
  private static JobView last;

  /**
   * A verb of the stores.
   *
   * @param most index entries that it may read
   */
  record Verb(String name, int most, Consumer<Stores> run) {

    Verb(String name, Consumer<Stores> run) {
      this(name, FEW, run);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void fill() {
    var ready = job().submit(postgres.database(), BACKLOG);
    job().runAt(Instant.now().plusSeconds(7_200)).submit(postgres.database(), BACKLOG);
    job().fallbacks("another").submit(postgres.database(), HELD);
    single = Database.open(postgres.address(), "single", 1);
    stores = Stores.on(single);
    last = new JobViews(single).find(1, ready.getLast()).orElseThrow();
    worker = stores.worker();
    busy = stores.worker();
    // Before anything is held, as a queue's statistics are when its first load comes.
    single.dsl().execute("analyze job");
    var held = job().submit(postgres.database(), HELD).stream().map(stores::invitation).toList();
    stores.claims().claim(busy, held, List.of());
  }

  @AfterAll
  static void close() {
    single.close();
  }

  static Stream<Verb> verbs() {
    return Stream.of(
        new Verb("ripen", on -> on.releases().ripen(100)),
        new Verb("queues", on -> on.releases().queues(100)),
        new Verb("outstanding", on -> on.releases().outstanding()),
        new Verb(
            "release",
            on -> {
              var queue = on.releases().queues(1).getFirst();
              on.releases().release(List.of(new Pick(queue, 3)), Duration.ofMinutes(1));
            }),
        new Verb("move to a fallback", PlansTest::reroute),
        new Verb("look for slow pools", FEW + Fallbacks.COUNTED, PlansTest::lookForSlowPools),
        new Verb("expire", on -> on.queued().expire(100)),
        new Verb("overdue", on -> on.held().overdue(Duration.ofSeconds(20), 100)),
        new Verb("strangers", on -> on.held().strangers()),
        // On old statistics a list looks through what is held, which the workers' slots bound.
        new Verb("list", FEW + 3 * HELD, on -> list(JobFilter.of(1), Direction.NEWEST_FIRST)),
        new Verb(
            "list those of a state",
            on -> list(JobFilter.of(1).in(Set.of(JobState.FAILED)), Direction.NEWEST_FIRST)),
        new Verb("results", FEW + 3 * HELD, on -> list(JobFilter.of(1), Direction.OLDEST_FIRST)),
        new Verb("cancelRequested", on -> on.held().cancelRequested(worker)),
        new Verb(
            "matching",
            on -> new MatchingJobs(single).step(JobFilter.of(1).in(Set.of(RUNNING)), null, 50)),
        new Verb(
            "standing",
            on -> new QueuePlaces(single).standing(List.of(new Line("haiku-5.5", STANDARD, 1)))),
        new Verb(
            "place",
            2 * FEW,
            on -> new QueuePlaces(single).ahead(new Line("haiku-5.5", STANDARD, 1), last, FEW)),
        new Verb("hand over and erase", PlansTest::erase),
        new Verb("heldBy", on -> on.held().heldBy(worker, 100)),
        new Verb(
            "submit, claim, mark, settle, beside all that the worker holds",
            on -> {
              var job = on.claim(busy, job().submit(single));
              on.claims()
                  .wonUnheard(busy, List.of(new ReleasedJob(job.id(), job.fence().claimNo() - 1)));
              on.claims().markSending(List.of(job.fence()));
              on.settle(job, Calls.overloaded(job, 1), new Requeue(Duration.ZERO));
              on.releases().takeBack(List.of(job.id()));
              on.cancel(job.id());
              on.replay(job.id());
            }));
  }

  private static void erase(Stores on) {
    var erasures = new Erasures(on.database());
    var bounds = new Bounds(Duration.ZERO, Duration.ZERO);
    var fetched = job().keepNothing().submit(single);
    on.cancel(fetched);
    on.cancel(job().keepNothing().submit(single));
    assertThat(erasures.handOver(List.of(new Shown(fetched, 1)))).isEqualTo(1);
    assertThat(erasures.eraseHandedOver(bounds, 10).erased()).isEqualTo(1);
    assertThat(erasures.eraseUnfetched(bounds, 10).erased()).isEqualTo(1);
  }

  private static void reroute(Stores on) {
    var fallbacks = new Fallbacks(on.database());
    var first = fallbacks.candidates("haiku-5.5", null, null, 10).getLast();
    fallbacks.candidates("haiku-5.5", first, Duration.ofDays(2), 10);
    fallbacks.candidates("haiku-5.5", null, Duration.ofSeconds(30), 10);
    fallbacks.move(
        "haiku-5.5", List.of(new Move(first.id(), "another", "another", 1)), Reason.DEADLINE);
  }

  private static void lookForSlowPools(Stores on) {
    new Blocks(on.database()).block("haiku-5.5", Duration.ofSeconds(1), "requests");
    on.database().dsl().execute("update rate_pool set waits_for = 'requests', at = now()");
    assertThat(new Fallbacks(on.database()).slow()).hasSize(1);
  }

  private static void list(JobFilter filter, Direction direction) {
    var found = new JobWalk(single).next(filter, direction, null, 20, Duration.ZERO);
    new JobViews(single).find(filter, found.ids());
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void itReadsAFewEntriesOfAnIndex(Verb verb) {
    // More often than it takes a prepared statement to come to its lasting plan.
    for (int i = 0; i < 12; i++) {
      var before = Reads.of(single);
      verb.run().accept(stores);
      var after = Reads.of(single);
      assertThat(after.scans()).as("scans of the table, run %d", i).isEqualTo(before.scans());
      assertThat(after.entries() - before.entries())
          .as("index entries, run %d", i)
          .isLessThan(verb.most());
    }
  }

  @Test
  void theCountSeesWhatReadsTheWholeTable() {
    var before = Reads.of(single);
    single.dsl().execute("set enable_seqscan = on");
    single.dsl().fetch("select count(*) from job where max_output > 0");
    single.dsl().execute("set enable_seqscan = off");
    assertThat(Reads.of(single).scans()).isGreaterThan(before.scans());

    single.dsl().fetch("select count(max_output) from job where tenant_id = 1");
    assertThat(Reads.of(single).entries() - before.entries()).isGreaterThan(BACKLOG);
  }
}
