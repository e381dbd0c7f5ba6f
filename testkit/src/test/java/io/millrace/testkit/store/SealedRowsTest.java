package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.db.job.AttemptViews;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.JobFilter;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.SealedRows;
import io.millrace.db.job.Settlement.Call;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.seal.Sealer;
import io.millrace.db.seal.UnreadableValue;
import io.millrace.db.seal.UnusableKeys;
import io.millrace.db.sql.Database;
import io.millrace.db.webhook.Secrets;
import io.millrace.db.webhook.Secrets.Owner;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.PostgresExtension;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** With keys, nothing that a caller or Claude wrote stands in the database as it was written. */
class SealedRowsTest {

  private static final String ONE = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
  private static final String TWO = "k2:YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI=";
  private static final String PROMPT = "sentinel-of-the-prompt";
  private static final byte[] ANSWER = "{ \"text\" : \"sentinel-of-the-answer\"}".getBytes(UTF_8);

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  @AfterEach
  void everythingHolds() {
    Invariants.hold(postgres.database());
  }

  @Test
  void promptsAnswersAndMessagesAreSealedAndReadBackByteForByte() {
    var stores = Stores.on(sealed(ONE));
    var claimed = stores.claimed(job().prompt(PROMPT).metadata("{\"a\":\"sentinel-label\"}"));

    var params = stores.claims().payloads(List.of(claimed.id())).get(claimed.id()).params();
    stores.settle(
        claimed,
        failed(claimed, "sentinel-of-the-message"),
        new Finish(JobState.FAILED, "invalid_request", ANSWER));

    assertThat(new String(params, UTF_8)).contains("\"" + PROMPT + "\"");
    var views = new JobViews(stores.database());
    var view = views.find(1, claimed.id()).orElseThrow();
    assertThat(view.body()).isEqualTo(ANSWER);
    assertThat(view.failureMessage()).isEqualTo("sentinel-of-the-message");
    assertThat(view.terms().metadata()).isEqualTo("{\"a\":\"sentinel-label\"}");
    assertThat(views.bodies(List.of(view)).get(claimed.id())).isEqualTo(ANSWER);
    assertThat(views.find(JobFilter.of(1), List.of(claimed.id())).getFirst().bodyBytes())
        .isPositive();
    assertThat(
            new AttemptViews(stores.database())
                .find(1, claimed.id(), null, null, 10)
                .orElseThrow()
                .getFirst()
                .message())
        .isEqualTo("sentinel-of-the-message");
    assertThat(Dump.of(postgres.database())).doesNotContain("sentinel");
  }

  @Test
  void whatWasPlainStaysReadableAndWhatIsSealedNeedsItsKey() {
    JobId plain = ended(postgres.database());
    JobId old = ended(sealed(ONE));
    var both = sealed(TWO, ONE);
    JobId young = ended(both);

    for (JobId id : List.of(plain, old, young)) {
      assertThat(new JobViews(both).find(1, id).orElseThrow().body()).isEqualTo(ANSWER);
      assertThat(Stores.on(both).claims().payloads(List.of(id)).get(id)).isNotNull();
    }
    var without = sealed(TWO);
    assertThatThrownBy(() -> new JobViews(without).find(1, old))
        .isInstanceOf(UnreadableValue.class)
        .hasMessageContaining("'k1'");
    var payloads = Stores.on(without).claims().payloads(List.of(plain, old, young));
    assertThat(payloads.readable()).containsOnlyKeys(plain, young);
    assertThat(payloads.unreadable()).containsOnlyKeys(old);
  }

  @Test
  void everythingIsBroughtUnderTheCurrentKeyAndBack() {
    var label = "{ \"a\" : \"sentinel \\u00e4\"}";
    var stores = Stores.on(postgres.database());
    var plain = stores.claimed(job().prompt(PROMPT).metadata(label));
    stores.settle(
        plain,
        failed(plain, "sentinel-of-the-message"),
        new Finish(JobState.FAILED, "invalid_request", ANSWER));
    JobId old = ended(sealed(ONE));
    postgres.database().dsl().execute("insert into tenant (name) values ('acme')");
    new Secrets(postgres.database()).ensure(Owner.of(1), "hmac", "sentinel".getBytes(UTF_8));
    var before = Dump.of(postgres.database());
    var two = sealed(TWO, ONE);

    assertThat(new SealedRows(two).reseal(true, _ -> {}).resealed()).isEqualTo(7);
    assertThat(Dump.of(postgres.database())).isEqualTo(before);
    assertThat(new SealedRows(sealed(TWO)).reseal(false, _ -> {}).unreadable())
        .containsExactly(Map.entry("key_missing 'k1'", 2L));
    var tally = new SealedRows(two).reseal(false, _ -> {});

    assertThat(tally.current()).isEqualTo(5);
    assertThat(tally.resealed()).isEqualTo(2);
    assertThat(Dump.of(postgres.database())).doesNotContain("sentinel").doesNotContain("\1\2k1");
    var alone = sealed(TWO);
    assertThat(new JobViews(alone).find(1, old).orElseThrow().body()).isEqualTo(ANSWER);
    assertThat(new JobViews(alone).find(1, plain.id()).orElseThrow().terms().metadata())
        .isEqualTo(label);
    assertThat(new Secrets(alone).signing(Owner.of(1)).getFirst().key())
        .isEqualTo("sentinel".getBytes(UTF_8));

    var off =
        postgres
            .database()
            .sealedBy(
                Sealer.configured(name ->
                    List.of(name.endsWith(".keys") ? TWO : "none")
                        .subList(0, name.endsWith("-file") ? 0 : 1)));
    assertThat(new SealedRows(off).reseal(false, _ -> {}).resealed()).isEqualTo(7);
    var view = new JobViews(postgres.database()).find(1, plain.id()).orElseThrow();
    assertThat(view.body()).isEqualTo(ANSWER);
    assertThat(view.terms().metadata()).isEqualTo(label);
    assertThat(view.failureMessage()).isEqualTo("sentinel-of-the-message");
  }

  @Test
  void rowsCannotBeSwapped() {
    var database = sealed(ONE);
    JobId one = ended(database);
    JobId other = ended(database);

    database
        .dsl()
        .execute(
            "update result set body = (select body from result where job_id = ?) where job_id = ?",
            one.uuid(),
            other.uuid());

    assertThatThrownBy(() -> new JobViews(database).find(1, other))
        .isInstanceOf(UnreadableValue.class);
  }

  @Test
  void aKeyThatTakesAnothersIdIsRefusedAtTheStart() {
    sealed(ONE).migrate();

    assertThatCode(() -> sealed(TWO, ONE).migrate()).doesNotThrowAnyException();
    assertThatThrownBy(() -> sealed(TWO.replace("k2", "k1")).migrate())
        .isInstanceOf(UnusableKeys.class)
        .hasMessageContaining("'k1'");
  }

  private static Call failed(Claimed job, String message) {
    var start = Instant.parse("2026-11-20T10:00:00Z");
    return new Call(
        1,
        job.model(),
        "permanent",
        "invalid_request",
        message,
        400,
        null,
        start,
        null,
        start,
        true,
        false,
        null);
  }

  private Database sealed(String... keys) {
    return postgres
        .database()
        .sealedBy(Sealer.configured(name -> name.endsWith(".keys") ? List.of(keys) : List.of()));
  }

  private static JobId ended(Database database) {
    var stores = Stores.on(database);
    var claimed = stores.claimed(job().prompt(PROMPT));
    stores.settle(
        claimed, Calls.succeeded(claimed, 1, "0.01"), new Finish(JobState.SUCCEEDED, null, ANSWER));
    return claimed.id();
  }
}
