package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.Settlement.Call;
import io.millrace.db.job.Settlement.Charge;
import io.millrace.db.job.Settlement.Effect.Keep;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.usage.Corrections;
import io.millrace.db.usage.Corrections.BookedCall;
import io.millrace.db.usage.Corrections.Correction;
import io.millrace.db.usage.Corrections.Position;
import io.millrace.db.usage.UsageQuestion;
import io.millrace.db.usage.UsageQuestion.Dimension;
import io.millrace.db.usage.UsageSum;
import io.millrace.db.usage.Usages;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.PostgresExtension;
import java.math.BigDecimal;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class UsagesTest {

  private static final Instant DAY = Instant.parse("2026-11-20T00:00:00Z");
  private static final Duration BOUND = Duration.ofSeconds(10);

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private Stores stores;
  private Usages usages;
  private Corrections corrections;

  @BeforeEach
  void open() {
    stores = Stores.on(postgres.database());
    usages = new Usages(postgres.database());
    corrections = new Corrections(postgres.database());
  }

  @AfterEach
  void invariantsHold() {
    Invariants.hold(postgres.database());
  }

  @Test
  void sumsAreThereAtOnceAndStayTheSameWhenFolded() {
    answer("0.25");
    answer("0.50");

    UsageSum before = total(1);

    assertThat(before.calls()).isEqualTo(2);
    assertThat(before.inputTokens()).isEqualTo(4_000);
    assertThat(before.outputTokens()).isEqualTo(600);
    assertThat(before.cacheWrite5mTokens()).isEqualTo(10);
    assertThat(before.cacheWrite1hTokens()).isEqualTo(14);
    assertThat(before.cacheReadTokens()).isEqualTo(22);
    assertThat(before.webSearches()).isEqualTo(6);
    assertThat(before.amount()).isEqualByComparingTo("0.75");
    assertThat(usages.fold(1)).isEqualTo(1);
    assertThat(total(1)).isEqualTo(before);
    assertThat(usages.fold(100)).isEqualTo(1);
    assertThat(usages.fold(100)).isZero();
    assertThat(total(1)).isEqualTo(before);
    answer("1");
    usages.fold(100);
    assertThat(total(1).amount()).isEqualByComparingTo("1.75");
  }

  @Test
  void whatCommitsLateIsNotLeftOut() throws SQLException {
    try (var late =
            DriverManager.getConnection(
                postgres.jdbcUrl(), postgres.username(), postgres.password());
        var statement = late.createStatement()) {
      late.setAutoCommit(false);
      statement.execute(
          """
          insert into cost (job_id, attempt_no, entry, kind, tenant_id, lane, model, incurred_at, input_tokens,
            output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, amount)
          values (gen_random_uuid(), 1, 0, 'charged', 7, 'standard', 'm', '2026-11-20T10:00:00Z', 1, 1, 0, 0, 0, 0, 4)
          """);
      for (int round = 0; round < 4; round++) {
        answer("0.25");
        usages.fold(100);
      }
      assertThat(floor()).isZero();
      late.commit();

      assertThat(total(7).amount()).isEqualByComparingTo("4");
      // Other databases of the server may have older transactions for a moment.
      for (int round = 0; round < 1_000 && floor() < 5; round++) {
        usages.fold(100);
      }
      assertThat(total(7).amount()).isEqualByComparingTo("4");
      assertThat(total(1).amount()).isEqualByComparingTo("1");
      assertThat(floor()).isEqualTo(5);
      statement.execute("delete from cost where tenant_id = 7");
      late.commit();
    }
  }

  private long floor() {
    return postgres.database().dsl().fetchSingle("select floor from usage_fold").get(0, Long.class);
  }

  @Test
  void groupsAreToldApartAlsoBeforeTheyAreFolded() {
    answer("0.25");
    usages.fold(100);
    answer("0.50");

    var groups =
        usages.sums(
            question(
                1,
                Dimension.DAY,
                Dimension.LANE,
                Dimension.MODEL,
                Dimension.USER_ID,
                Dimension.FEATURE,
                Dimension.TENANT),
            10,
            BOUND);

    assertThat(groups).hasSize(1);
    assertThat(groups.getFirst().group())
        .containsExactly("2026-11-20", "standard", "claude-haiku-5-5", null, null, null);
    assertThat(groups.getFirst().amount()).isEqualByComparingTo("0.75");
  }

  @Test
  void onlyTheTimeThatWasAskedForCounts() {
    answer("0.25");
    Instant ten = Instant.parse("2026-11-20T10:00:00Z");
    Instant eleven = Instant.parse("2026-11-20T11:00:00Z");

    for (int folded = 0; folded < 2; folded++) {
      assertThat(sum(ten, eleven)).isEqualByComparingTo("0.25");
      assertThat(sum(DAY, ten)).isZero();
      assertThat(sum(eleven, eleven.plusSeconds(3600))).isZero();
      usages.fold(100);
    }
  }

  @Test
  void aTenantSeesItsOwnAndTheOperatorAll() {
    answer("0.25");
    var theirs = stores.claimed(job().tenant(2));
    stores.settle(theirs, Calls.succeeded(theirs, 1, "4"), Calls.ANSWERED);

    assertThat(total(1).amount()).isEqualByComparingTo("0.25");
    assertThat(total(2).amount()).isEqualByComparingTo("4");
    assertThat(total(null).amount()).isEqualByComparingTo("4.25");
    assertThat(total(3)).isEqualTo(UsageSum.NONE);
  }

  @Test
  void aSuspicionGivesWayToTheAnswerThatCameAfterAll() {
    var job = stores.claimed(job());
    stores.settle(job, Calls.presumed(job), new Requeue(Duration.ZERO));
    assertThat(total(1).suspectedCalls()).isEqualTo(1);
    assertThat(total(1).suspected()).isEqualByComparingTo("0.000123");
    usages.fold(100);

    stores.settle(job, Calls.succeeded(job, 1, "0.25"), Calls.ANSWERED);

    for (int folded = 0; folded < 2; folded++) {
      assertThat(total(1).suspectedCalls()).isZero();
      assertThat(total(1).suspected()).isZero();
      assertThat(total(1).calls()).isEqualTo(1);
      assertThat(total(1).amount()).isEqualByComparingTo("0.25");
      usages.fold(100);
    }
  }

  @Test
  void aCorrectionGivesAPriceWhereThereWasNone() {
    var job = stores.claimed(job());
    stores.settle(job, unpriced(job), Calls.ANSWERED);
    assertThat(total(1).unpricedCalls()).isEqualTo(1);
    assertThat(new JobViews(postgres.database()).find(1, job.id()).orElseThrow().cost()).isNull();
    BookedCall booked = booked().getFirst();
    assertThat(booked.amount()).isNull();

    int added = corrections.add(List.of(new Correction(booked, new BigDecimal("0.5"), "new")));

    assertThat(added).isEqualTo(1);
    assertThat(total(1).unpricedCalls()).isZero();
    assertThat(total(1).calls()).isEqualTo(1);
    assertThat(total(1).amount()).isEqualByComparingTo("0.5");
    assertThat(new JobViews(postgres.database()).find(1, job.id()).orElseThrow().cost())
        .isEqualByComparingTo("0.5");
    assertThat(booked().getFirst().amount()).isEqualByComparingTo("0.5");
    assertThat(booked().getFirst().priceVersion()).isEqualTo("new");
  }

  @Test
  void ofTwoWhoCorrectTheSameCallOneDoes() {
    answer("0.25");
    var due = List.of(new Correction(booked().getFirst(), new BigDecimal("-0.05"), "new"));

    assertThat(corrections.add(due)).isEqualTo(1);
    assertThat(corrections.add(due)).isZero();

    assertThat(total(1).amount()).isEqualByComparingTo("0.20");
    assertThat(total(1).inputTokens()).isEqualTo(2_000);
  }

  @Test
  void jobBooksAndReportAgreeAlsoAfterRetries() {
    var job = stores.claimed(job());
    stores.settle(job, Calls.ambiguous(job, 1), new Keep());
    stores.settle(job, Calls.overloaded(job, 2), new Keep());
    stores.settle(job, Calls.succeeded(job, 3, "0.0000995"), Calls.ANSWERED);

    var view = new JobViews(postgres.database()).find(1, job.id()).orElseThrow();
    var report = total(1);

    assertThat(view.cost()).isEqualByComparingTo("0.0000995");
    assertThat(report.amount()).isEqualByComparingTo(view.cost());
    assertThat(report.suspected()).isEqualByComparingTo(view.suspectedCost());
    assertThat(report.inputTokens()).isEqualTo(view.usage().inputTokens());
    assertThat(sumOfRows("charged")).isEqualByComparingTo(view.cost());
    assertThat(sumOfRows("suspected")).isEqualByComparingTo(view.suspectedCost());
  }

  @Test
  void callsAreReadPageByPage() {
    for (int i = 0; i < 5; i++) {
      answer("0.25");
    }

    var first = corrections.page(Position.START, DAY.plus(Duration.ofDays(365)), 3);
    var second = corrections.page(first.next(), DAY.plus(Duration.ofDays(365)), 3);

    assertThat(first.calls()).hasSize(3);
    assertThat(second.calls()).hasSize(2).doesNotContainAnyElementsOf(first.calls());
    assertThat(second.next()).isNull();
    assertThat(first.calls().getFirst().rawUsage()).contains("\"input_tokens\":2000");
  }

  private void answer(String amount) {
    var job = stores.claimed(job());
    stores.settle(job, Calls.succeeded(job, 1, amount), Calls.ANSWERED);
  }

  private static Call unpriced(Claimed job) {
    Call priced = Calls.succeeded(job, 1, "0");
    Charge charge = priced.charge();
    return new Call(
        1,
        job.model(),
        priced.outcome(),
        null,
        null,
        null,
        null,
        priced.startedAt(),
        null,
        priced.finishedAt(),
        true,
        false,
        new Charge(false, charge.usage(), charge.rawUsage(), null, null));
  }

  private List<BookedCall> booked() {
    return corrections.page(Position.START, DAY.plus(Duration.ofDays(365)), 100).calls();
  }

  private UsageSum total(Integer tenant) {
    var sums = usages.sums(question(tenant), 10, BOUND);
    return sums.isEmpty() ? UsageSum.NONE : sums.getFirst();
  }

  private BigDecimal sum(Instant from, Instant to) {
    return usages.sums(new UsageQuestion(from, to, List.of(), 1), 10, BOUND).stream()
        .map(UsageSum::amount)
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  private BigDecimal sumOfRows(String kind) {
    return postgres
        .database()
        .dsl()
        .fetchSingle("select sum(amount) from cost where kind = ?", kind)
        .get(0, BigDecimal.class);
  }

  private static UsageQuestion question(Integer tenant, Dimension... groupBy) {
    return new UsageQuestion(DAY, DAY.plus(Duration.ofDays(1)), List.of(groupBy), tenant);
  }
}
