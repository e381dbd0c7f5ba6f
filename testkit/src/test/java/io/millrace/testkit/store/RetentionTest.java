package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.sql.Retention;
import io.millrace.db.sql.Retention.Partition;
import io.millrace.job.JobId;
import io.millrace.testkit.PostgresExtension;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What has been kept for long enough goes, and nothing before. */
class RetentionTest {

  private static final Duration AGE = Duration.ofDays(29);
  private static final Duration LATELY = Duration.ofDays(7);

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private final Instant longAgo = Instant.now().minus(40, ChronoUnit.DAYS);
  private final LocalDate day = longAgo.atOffset(ZoneOffset.UTC).toLocalDate();
  private Stores stores;
  private Retention retention;

  @BeforeEach
  void aPartitionOfLongAgo() {
    stores = Stores.on(postgres.database());
    retention = new Retention(postgres.database());
    for (String table : List.of("request", "result", "attempt", "cost")) {
      makePartition(table, day);
      makePartition(table, day.plusDays(11));
    }
  }

  @Test
  void aDayWhoseJobsHaveAllEndedLongAgoIsDropped() {
    var id = ended(longAgo, Duration.ofDays(30));

    assertThat(retention.olderThan("request", AGE)).containsExactly(new Partition("request", day));
    assertThat(retention.isNeeded(day, LATELY)).isFalse();
    assertThat(retention.drop(new Partition("request", day))).isTrue();
    assertThat(retention.drop(new Partition("request", day))).as("another did it").isTrue();

    assertThat(stores.rows("request", id)).isEmpty();
    assertThat(stores.rows("result", id)).hasSize(1);
    assertThat(retention.olderThan("request", AGE)).isEmpty();
  }

  @Test
  void aDayWithAJobThatHasNotEndedIsKeptForThatJobAlone() {
    var waiting = job().submittedAt(longAgo).submit(postgres.database());
    var late = ended(longAgo.plusMillis(1), Duration.ofDays(1));
    var done = ended(longAgo.plusMillis(2), Duration.ofDays(30));

    assertThat(retention.isNeeded(day, LATELY)).isTrue();
    assertThat(retention.deleteRows(new Partition("request", day), LATELY)).isEqualTo(1);

    assertThat(stores.rows("request", waiting)).hasSize(1);
    assertThat(stores.rows("request", late)).hasSize(1);
    assertThat(stores.rows("request", done)).isEmpty();
    assertThat(stores.claim(stores.worker(), waiting).id()).isEqualTo(waiting);
  }

  @Test
  void aJobThatEndedLatelyKeepsItsDay() {
    ended(longAgo, Duration.ofDays(1));

    assertThat(retention.isNeeded(day, LATELY)).isTrue();
    assertThat(retention.isNeeded(day, Duration.ofHours(1))).isFalse();
  }

  @Test
  void aDropWaitsForNobody() throws SQLException {
    try (var reader = postgres.postgres().connect(databaseName())) {
      reader.setAutoCommit(false);
      reader.createStatement().execute("lock table request in access share mode");
      long start = System.nanoTime();

      assertThat(retention.drop(new Partition("request", day))).isFalse();

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
      reader.rollback();
    }
    assertThat(retention.drop(new Partition("request", day))).isTrue();
  }

  @Test
  void whatNoPartitionTookIsDeletedWhenItsTimeHasCome() {
    var old = ended(longAgo.minus(5, ChronoUnit.DAYS), Duration.ofDays(30));
    var young = ended(longAgo.plus(15, ChronoUnit.DAYS), Duration.ofDays(20));
    assertThat(countOther("request")).isEqualTo(2);

    assertThat(retention.deleteMisplaced("request", AGE, LATELY)).isEqualTo(1);

    assertThat(stores.rows("request", old)).isEmpty();
    assertThat(stores.rows("request", young)).hasSize(1);
  }

  @Test
  void deliveriesGoByTheDayAndTheirBodiesBefore() {
    for (String table : List.of("delivery", "delivery_attempt")) {
      makePartition(table, day);
    }
    delivery(longAgo, "failed", "'body'");
    delivery(longAgo, "pending", "'body'");
    delivery(longAgo.minus(5, ChronoUnit.DAYS), "failed", "null");
    delivery(Instant.now(), "failed", "'body'");

    assertThat(retention.clearDeliveryBodies(AGE)).isEqualTo(1);
    assertThat(retention.deleteMisplacedDeliveries("delivery", AGE)).isEqualTo(1);
    assertThat(retention.deleteMisplacedDeliveries("delivery_attempt", AGE)).isZero();
    assertThat(retention.olderThan("delivery_attempt", AGE))
        .containsExactly(new Partition("delivery_attempt", day));
    assertThat(retention.olderThan("delivery", AGE))
        .containsExactly(new Partition("delivery", day));
    assertThat(retention.drop(new Partition("delivery", day))).isTrue();

    assertThat(postgres.database().dsl().fetchCount(DSL.table("delivery"))).isEqualTo(1);
  }

  private void delivery(Instant at, String state, String body) {
    postgres
        .database()
        .dsl()
        .execute(
            "insert into delivery (id, tenant_id, destination, event_type, occurred_at, job_id, body, state)"
                + " values (?, 1, ?, 'job.failed', now(), ?, "
                + body
                + ", ?)",
            JobId.create(at, ThreadLocalRandom.current()).uuid(),
            UUID.randomUUID(),
            UUID.randomUUID(),
            state);
  }

  @Test
  void jobsGoInBatchesWhenTheirOwnTimeHasCome() {
    var many = job().submittedAt(longAgo).submit(postgres.database(), 2_500);
    postgres
        .database()
        .dsl()
        .execute("update job set state = 'expired', finished_at = now() - interval '30 days'");
    var waiting = job().submittedAt(longAgo).submit(postgres.database());
    var young = ended(Instant.now(), Duration.ofDays(30));

    assertThat(retention.deleteJobs(AGE, LATELY)).isEqualTo(many.size());

    assertThat(stores.job(waiting)).isNotNull();
    assertThat(stores.job(young)).isNotNull();
    assertThat(retention.deleteMisplaced("request", AGE, LATELY)).isZero();
    assertThat(retention.deleteRows(new Partition("request", day), LATELY))
        .as("rows whose job is gone")
        .isEqualTo(many.size());
  }

  @Test
  void providerBatchesGoWhenTheyWereSettledLongAgoAndTheirCallsAreGone() {
    providerBatch(1, 30);
    var call = ended(longAgo, Duration.ofDays(30));
    postgres
        .database()
        .dsl()
        .execute(
            "update attempt set provider_batch_id = (select id from provider_batch) where job_id = ?",
            call.uuid());
    providerBatch(2_500, 30);
    providerBatch(1, 28);
    postgres
        .database()
        .dsl()
        .execute(
            "insert into provider_batch (id, state, anthropic_version, items, bytes, created_at)"
                + " values (gen_random_uuid(), 'given_up', '2023-06-01', 1, 1, now() - interval '30 days')");

    assertThat(retention.deleteProviderBatches(AGE)).isEqualTo(2_500);
    assertThat(retention.deleteProviderBatches(AGE)).isZero();
    assertThat(retention.drop(new Partition("attempt", day))).isTrue();
    assertThat(retention.deleteProviderBatches(AGE)).as("its calls are gone").isEqualTo(1);

    assertThat(postgres.database().dsl().fetchCount(DSL.table("provider_batch"))).isEqualTo(2);
  }

  private void providerBatch(int count, int settledDaysAgo) {
    postgres
        .database()
        .dsl()
        .execute(
            "insert into provider_batch (id, state, anthropic_version, items, bytes, settled_at)"
                + " select gen_random_uuid(), 'settled', '2023-06-01', 1, 1, now() - ? * interval '1 day'"
                + " from generate_series(1, ?)",
            settledDaysAgo,
            count);
  }

  private JobId ended(Instant submitted, Duration ago) {
    var held = stores.claimed(job().submittedAt(submitted));
    stores.settle(held, Calls.succeeded(held, 1, "0.1"), Calls.ANSWERED);
    stores.shift(held.id(), "finished_at", ago.negated());
    return held.id();
  }

  private int countOther(String table) {
    return postgres
        .database()
        .dsl()
        .fetchSingle("select count(*) from " + table + "_other")
        .get(0, Integer.class);
  }

  private void makePartition(String table, LocalDate from) {
    postgres
        .database()
        .dsl()
        .execute(
            "create table %1$s_%2$s partition of %1$s for values from (%3$s) to (%4$s)"
                .formatted(
                    table, from.toString().replace("-", ""), floor(from), floor(from.plusDays(1))));
  }

  private String floor(LocalDate of) {
    return "'"
        + postgres
            .database()
            .dsl()
            .fetchSingle("select id_floor('" + of + " 00:00:00+00'::timestamptz)")
            .get(0)
        + "'";
  }

  private String databaseName() {
    String url = postgres.jdbcUrl();
    return url.substring(url.lastIndexOf('/') + 1);
  }
}
