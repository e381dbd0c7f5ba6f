package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.Shell.Ended;
import io.millrace.job.JobId;
import io.millrace.testkit.PostgresExtension;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RecomputeTest {

  private static final Instant NOVEMBER = Instant.parse("2026-11-10T12:00:00Z");
  private static final String USAGE = "{\"input_tokens\":1000,\"output_tokens\":100}";

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  @BeforeEach
  void empty() {
    postgres.database().dsl().execute("delete from cost");
    postgres.database().dsl().execute("delete from attempt");
  }

  @Test
  void aWrongPriceIsCorrectedOnce() {
    JobId wrong = call("claude-sonnet-5-5", NOVEMBER, USAGE, "0.5");
    call("claude-sonnet-5-5", NOVEMBER, USAGE, "0.003");

    Ended first = recompute();
    Ended second = recompute();

    assertThat(first.exit()).isZero();
    assertThat(first.out())
        .isEqualTo(
            """
            claude-sonnet-5-5: test -> claude-sonnet-5-5@2026-10-07: 1 calls, -0.497000 USD
            1 calls were right
            1 corrections added, -0.497000 USD
            """);
    assertThat(second.out()).isEqualTo("2 calls were right\n0 corrections added, +0.000000 USD\n");
    assertThat(sum(wrong)).isEqualByComparingTo("0.003");
    assertThat(reported()).isEqualByComparingTo("0.006");
  }

  @Test
  void aPriceThatBecameKnownIsFilledIn() {
    JobId unknown = call("claude-next", NOVEMBER, USAGE, null);

    assertThat(recompute().out()).startsWith("claude-next: 1 calls still have no price\n");
    Ended filled =
        recompute(
            "--millrace.models.claude-next.input=1", "--millrace.models.claude-next.output=10");

    assertThat(filled.out()).contains("claude-next: no price -> claude-next@start+own-");
    assertThat(sum(unknown)).isEqualByComparingTo("0.002");
    Ended withoutPrices = recompute();
    assertThat(withoutPrices.out())
        .contains("1 calls have no price now; what was recorded for them stays");
    assertThat(sum(unknown)).isEqualByComparingTo("0.002");
  }

  @Test
  void onlyWhatWasAskedForIsTouched() {
    JobId before = call("claude-sonnet-5-5", Instant.parse("2026-11-09T23:59:59Z"), USAGE, "1");
    JobId other = call("claude-opus-5", NOVEMBER, USAGE, "1");
    JobId meant = call("claude-haiku-4-5", NOVEMBER, USAGE, "1");

    Ended dry = recompute("--from", "2026-11-10", "--dry-run");
    Ended done =
        recompute(
            "--from", "2026-11-10", "--to", "2026-11-11", "--model", "claude-haiku-4-5-20251001");

    assertThat(dry.out()).contains("2 calls would be corrected by -1.991000 USD");
    assertThat(done.out()).contains("1 corrections added");
    assertThat(sum(before)).isEqualByComparingTo("1");
    assertThat(sum(other)).isEqualByComparingTo("1");
    assertThat(sum(meant)).isEqualByComparingTo("0.0015");
  }

  @Test
  void usageThatCannotBeReadStaysWithoutAPrice() {
    call("claude-haiku-5-5", NOVEMBER, "{\"input_tokens\":\"many\",\"output_tokens\":1}", null);

    assertThat(recompute().out()).contains("1 calls still have no price", "0 corrections added");
  }

  @Test
  void severalAtOnceCorrectEachCallOnce() throws Exception {
    for (int i = 0; i < 300; i++) {
      call("claude-haiku-5-5", NOVEMBER, USAGE, "1");
    }
    List<Callable<Ended>> runs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      runs.add(() -> recompute());
    }
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (var run : threads.invokeAll(runs)) {
        assertThat(run.get().exit()).isZero();
      }
    }

    // 300 times 1,000 tokens at 0.10 and 100 at 0.50
    assertThat(reported()).isEqualByComparingTo("0.045");
  }

  @Test
  void aDatabaseThatIsAwayExitsWith3() {
    Ended ended =
        new Shell()
            .with("SPRING_DATASOURCE_URL", "jdbc:postgresql://127.0.0.1:1/none")
            .run("recompute");

    assertThat(ended.exit()).isEqualTo(3);
  }

  @Test
  void aSettingThatCannotBeUsedIsNamed() {
    Ended ended = recompute("--millrace.models.claude-next.input=0");

    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.err()).contains("millrace.models.claude-next.input");
  }

  private static Ended recompute(String... arguments) {
    List<String> words = new ArrayList<>(List.of("recompute"));
    words.addAll(List.of(arguments));
    return new Shell()
        .with("SPRING_DATASOURCE_URL", postgres.jdbcUrl())
        .with("SPRING_DATASOURCE_USERNAME", postgres.username())
        .with("SPRING_DATASOURCE_PASSWORD", postgres.password())
        .run(words.toArray(String[]::new));
  }

  private static JobId call(String model, Instant at, String usage, String amount) {
    JobId id = JobId.create(at, ThreadLocalRandom.current());
    var dsl = postgres.database().dsl();
    dsl.execute(
        """
        insert into attempt (job_id, no, series, claim_no, worker_id, model, outcome, started_at, finished_at, usage)
        values (?, 1, 1, 1, gen_random_uuid(), ?, 'succeeded', ?::timestamptz, ?::timestamptz, ?::json)
        """,
        id.uuid(),
        model,
        at.toString(),
        at.toString(),
        usage);
    dsl.execute(
        """
        insert into cost (job_id, attempt_no, entry, kind, tenant_id, lane, model, incurred_at, input_tokens,
          output_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, amount,
          price_version)
        values (?, 1, 0, 'charged', 1, 'standard', ?, ?::timestamptz, 1000, 100, 0, 0, 0, 0, ?, ?)
        """,
        id.uuid(),
        model,
        at.toString(),
        amount == null ? null : new BigDecimal(amount),
        amount == null ? null : "test");
    return id;
  }

  private static BigDecimal sum(JobId id) {
    return postgres
        .database()
        .dsl()
        .fetchSingle("select sum(amount) from cost where job_id = ?", id.uuid())
        .get(0, BigDecimal.class);
  }

  private static BigDecimal reported() {
    return postgres
        .database()
        .dsl()
        .fetchSingle("select sum(amount) from usage_delta")
        .get(0, BigDecimal.class);
  }
}
