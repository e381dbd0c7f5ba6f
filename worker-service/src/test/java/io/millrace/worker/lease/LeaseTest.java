package io.millrace.worker.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.db.sql.Database;
import io.millrace.db.worker.Workers;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jooq.exception.DataAccessException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LeaseTest {

  private static final Duration LONG = Duration.ofSeconds(15);

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private final AtomicLong nanos = new AtomicLong(-5_000_000_000L);
  private Duration statementTakes = Duration.ZERO;
  private Workers workers;
  private Lease lease;

  @BeforeEach
  void open() {
    workers = new Workers(postgres.database());
    lease =
        new Lease(
            workers,
            "here",
            100,
            // Asked for after the start of the statement was noted and before it is sent.
            () -> {
              advance(statementTakes);
              return 7;
            },
            new LeaseSettings(LONG),
            nanos::get);
  }

  @Test
  void thereIsNoIncarnationBeforeTheFirstBeat() {
    assertThat(lease.incarnation()).isEmpty();
    assertThat(lease.holds(UUID.randomUUID())).isFalse();
  }

  @Test
  void aBeatEntersAndLaterBeatsRenew() {
    assertThat(lease.beat()).isEqualTo(Duration.ofSeconds(1));
    var incarnation = lease.incarnation().orElseThrow();
    advance(LONG.minusMillis(1));
    assertThat(lease.holds(incarnation)).isTrue();

    lease.beat();
    advance(LONG.minusMillis(1));

    assertThat(lease.holds(incarnation)).isTrue();
    assertThat(workers.all()).hasSize(1);
    assertThat(workers.all().getFirst().freeSlots()).isEqualTo(93);
  }

  @Test
  void theLeaseIsBelievedForItsLengthAndNotLonger() {
    lease.beat();
    advance(LONG);

    assertThat(lease.incarnation()).isEmpty();
  }

  @Test
  void theLeaseCountsFromTheStartOfTheStatementThatRenewedIt() {
    lease.beat();
    statementTakes = Duration.ofSeconds(4);
    lease.beat();

    advance(LONG.minusSeconds(4).minusNanos(1));
    assertThat(lease.incarnation()).isPresent();
    advance(Duration.ofNanos(1));
    assertThat(lease.incarnation()).isEmpty();
  }

  @Test
  void whoIsDeclaredLostGoesOnAsANewIncarnation() {
    lease.beat();
    var lost = lease.incarnation().orElseThrow();
    workers.declareLost(lost, workers.all().getFirst().heartbeatAt());

    lease.beat();

    assertThat(lease.holds(lost)).isFalse();
    var next = lease.incarnation().orElseThrow();
    assertThat(next).isNotEqualTo(lost);
    assertThat(workers.heartbeat(lost, 0, false)).isFalse();
    assertThat(workers.heartbeat(next, 0, false)).isTrue();
  }

  @Test
  void whoCannotReachPostgresIsNobodyAndComesBackAsWhoHeWas() {
    lease.beat();
    var incarnation = lease.incarnation().orElseThrow();
    try (var away =
        Database.open(
            new Database.Address("jdbc:postgresql://127.0.0.1:1/nowhere", "nobody", ""),
            "away",
            1)) {
      var cut =
          new Lease(new Workers(away), "here", 1, () -> 0, new LeaseSettings(LONG), nanos::get);
      assertThatThrownBy(cut::beat).isInstanceOf(DataAccessException.class);
      assertThat(cut.incarnation()).isEmpty();
    }
    advance(LONG);
    assertThat(lease.incarnation()).isEmpty();

    lease.beat();

    assertThat(lease.incarnation()).hasValue(incarnation);
  }

  @Test
  void aStoppingWorkerOffersNoSlots() {
    lease.beat();
    lease.stopping();
    lease.beat();

    assertThat(workers.all().getFirst().freeSlots()).isZero();
    assertThat(lease.incarnation()).isPresent();
  }

  @Test
  void whoLeavesIsOffTheList() {
    lease.beat();
    lease.leave();

    assertThat(lease.incarnation()).isEmpty();
    assertThat(workers.all()).isEmpty();
  }

  private void advance(Duration by) {
    nanos.addAndGet(by.toNanos());
  }
}
