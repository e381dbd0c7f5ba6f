package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.job.Erasures;
import io.millrace.db.job.Erasures.Batch;
import io.millrace.db.job.Erasures.Bounds;
import io.millrace.db.job.Erasures.Shown;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.Keeping;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.JobFixture;
import io.millrace.testkit.PostgresExtension;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Of a job of which nothing is to be kept nothing is, once its caller has the answer. */
class ErasuresTest {

  private static final Bounds BOUNDS = new Bounds(Duration.ofMinutes(1), Duration.ofHours(24));
  private static final String URL = "https://example.com/hook";

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private Stores stores;
  private Erasures erasures;

  @BeforeEach
  void connect() {
    stores = Stores.on(postgres.database());
    erasures = new Erasures(postgres.database());
  }

  @AfterEach
  void everythingHolds() {
    Invariants.hold(postgres.database());
  }

  @Test
  void whatWasFetchedIsGoneFromEveryTableAMinuteLater() {
    JobId id = ended(job().keepNothing().prompt("sentinel-prompt").webhook(URL));
    postgres.database().dsl().execute("update attempt set message = 'sentinel-message'");
    postgres.database().dsl().execute("update delivery set body = 'sentinel-body', attempts = 1");
    postgres
        .database()
        .dsl()
        .execute(
            "insert into delivery_attempt (delivery_id, no, worker_id, started_at, finished_at, response)"
                + " select id, 1, id, now(), now(), 'sentinel-response' from delivery");

    assertThat(erasures.handOver(List.of(new Shown(id, 1)))).isEqualTo(1);
    assertThat(erasures.eraseHandedOver(BOUNDS, 10)).isEqualTo(new Batch(0, 0));
    stores.shift(id, "handed_over_at", Duration.ofSeconds(-61));
    assertThat(Dump.of(postgres.database())).contains("sentinel");

    assertThat(erasures.eraseHandedOver(BOUNDS, 10)).isEqualTo(new Batch(1, 1));

    assertThat(Dump.of(postgres.database())).doesNotContain("sentinel");
    var view = new JobViews(postgres.database()).find(1, id).orElseThrow();
    assertThat(view.state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(view.body()).isNull();
    assertThat(view.terms().keeping()).isEqualTo(Keeping.NONE);
    assertThat(view.cost()).isEqualByComparingTo("0.01");
    assertThat(erasures.eraseHandedOver(BOUNDS, 10)).isEqualTo(new Batch(0, 0));
  }

  @Test
  void whatNobodyCameForGoesAtTheBound() {
    JobId id = ended(job().keepNothing());
    JobId canceled = job().keepNothing().submit(postgres.database());
    stores.cancel(canceled);

    assertThat(erasures.eraseUnfetched(BOUNDS, 10).found()).isZero();
    stores.shift(id, "finished_at", Duration.ofHours(-25));
    stores.shift(canceled, "finished_at", Duration.ofHours(-25));

    assertThat(erasures.eraseUnfetched(BOUNDS, 10)).isEqualTo(new Batch(2, 2));
    assertThat(stores.rows("request", id)).isEmpty();
    assertThat(stores.rows("result", id)).isEmpty();
    assertThat(stores.rows("request", canceled)).isEmpty();
  }

  @Test
  void otherJobsAreLeftAlone() {
    JobId kept = ended(job());
    JobId running = stores.claimed(job().keepNothing()).id();

    assertThat(erasures.handOver(List.of(new Shown(kept, 1), new Shown(running, 1)))).isZero();
    stores.shift(kept, "finished_at", Duration.ofDays(-5));
    assertThat(erasures.eraseUnfetched(BOUNDS, 10).found()).isZero();

    assertThat(stores.rows("request", kept)).hasSize(1);
    assertThat(stores.rows("request", running)).hasSize(1);
  }

  @Test
  void aReplayTakesTheNoteAwayUntilTheTextIsGone() {
    JobId id = job().keepNothing().submit(postgres.database());
    stores.cancel(id);
    erasures.handOver(List.of(new Shown(id, 1)));
    stores.replay(id);
    stores.cancel(id);

    assertThat(erasures.handOver(List.of(new Shown(id, 1)))).as("of the series before").isZero();
    stores.shift(id, "finished_at", Duration.ofHours(-25));
    assertThat(erasures.eraseUnfetched(BOUNDS, 10)).isEqualTo(new Batch(1, 1));
    stores.replay(id);

    assertThat(stores.state(id)).isEqualTo(JobState.CANCELED);
  }

  @Test
  void theLastDeliveryThatComesThroughHandsTheAnswerOver() {
    var endpoint = endpoint();
    JobId id = ended(job().keepNothing().webhook(URL));
    assertThat(stores.rows("delivery", id)).hasSize(2);

    delivered(id, "endpoint_id is null");
    assertThat(isHandedOver(id)).isFalse();
    delivered(id, "endpoint_id = '" + endpoint + "'");

    assertThat(isHandedOver(id)).isTrue();
    JobId kept = ended(job().webhook(URL));
    delivered(kept, "true");
    assertThat(isHandedOver(kept)).isFalse();
  }

  @Test
  void anAnswerTooLongForAnEventIsHandedOverByAFetchOnly() {
    JobId id = ended(job().keepNothing().webhook(URL), "{\"t\":\"" + "x".repeat(20_000) + "\"}");

    delivered(id, "true");
    assertThat(isHandedOver(id)).isFalse();
    erasures.handOver(List.of(new Shown(id, 1)));

    assertThat(isHandedOver(id)).isTrue();
  }

  private UUID endpoint() {
    var id = UUID.randomUUID();
    postgres
        .database()
        .dsl()
        .execute("insert into tenant (name) values ('acme') on conflict do nothing");
    postgres
        .database()
        .dsl()
        .execute(
            "insert into webhook_endpoint (id, tenant_id, url, event_types) values (?, 1, ?, '{job.succeeded}')",
            id,
            URL);
    return id;
  }

  private void delivered(JobId id, String which) {
    postgres
        .database()
        .dsl()
        .execute(
            """
            with ended as (
              update delivery set state = 'delivered', finished_at = now() where job_id = ? and %s returning id)
            delete from delivery_pending where id in (select id from ended)
            """
                .formatted(which),
            id.uuid());
  }

  private boolean isHandedOver(JobId id) {
    return stores.job(id).get("handed_over_at") != null;
  }

  private JobId ended(JobFixture job) {
    return ended(job, "{\"text\":\"sentinel-answer\"}");
  }

  private JobId ended(JobFixture job, String answer) {
    var claimed = stores.claimed(job);
    stores.settle(
        claimed,
        Calls.succeeded(claimed, 1, "0.01"),
        new Finish(JobState.SUCCEEDED, null, answer.getBytes(StandardCharsets.UTF_8)));
    return claimed.id();
  }
}
