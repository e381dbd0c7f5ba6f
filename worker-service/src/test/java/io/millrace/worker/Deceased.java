package io.millrace.worker;

import io.millrace.claude.call.AbortReason;
import io.millrace.claude.call.Call;
import io.millrace.claude.call.CallRequest;
import io.millrace.claude.call.ClaudeClient;
import io.millrace.claude.call.Reply;
import io.millrace.claude.call.UpstreamSettings;
import io.millrace.claude.classify.MessageFacts;
import io.millrace.db.job.Claims;
import io.millrace.db.job.Claims.Claimed;
import io.millrace.db.job.Releases;
import io.millrace.db.job.Releases.Pick;
import io.millrace.db.job.Releases.Queue;
import io.millrace.db.job.Releases.Released;
import io.millrace.db.job.Settlement;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlement.Effect.Keep;
import io.millrace.db.job.Settlement.Effect.Requeue;
import io.millrace.db.job.Settlements;
import io.millrace.db.job.Settlements.Settled;
import io.millrace.db.sql.Database;
import io.millrace.db.worker.Workers;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import io.millrace.simulator.Simulator;
import io.millrace.testkit.JobFixture;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A worker process played by hand, one step of one job's life after the other, which can therefore
 * die between any two of them: it entered once, and its heart never beats again.
 */
final class Deceased implements AutoCloseable {

  private final UUID incarnation = UUID.randomUUID();
  private final String pool = "pool-" + incarnation;
  private final String webhook;
  private final Database database;
  private final Records records;
  private final Simulator claude;
  private final ClaudeClient client;
  private final Claims claims;
  private @Nullable JobId id;
  private @Nullable Released released;
  private @Nullable Claimed claimed;
  private byte @Nullable [] answer;
  private int calls;

  /** A process that works on one job, whose end is told to {@code webhook}. */
  Deceased(Database database, Records records, Simulator claude, String webhook) {
    this.webhook = webhook;
    this.database = database;
    this.records = records;
    this.claude = claude;
    this.claims = new Claims(database);
    var upstream = UpstreamSettings.of(claude.baseUri(), "sk-test").withCorrelationHeaders();
    this.client = new ClaudeClient(upstream, Clock.systemUTC());
    new Workers(database).enter(incarnation, "deceased", 100);
  }

  JobId job() {
    return Objects.requireNonNull(id);
  }

  Deceased submits() {
    id = JobFixture.job().pool(pool).webhook(webhook).submit(database);
    return this;
  }

  Deceased releases() {
    var head = new Pick(new Queue(pool, Lane.STANDARD, 1), 1);
    released = new Releases(database).release(List.of(head), Duration.ofSeconds(1)).getFirst();
    return this;
  }

  Deceased produces() {
    records.invite(Objects.requireNonNull(released).job());
    return this;
  }

  Deceased consumes() {
    records.consumeAndDie();
    return this;
  }

  /** As an idle worker claims: from now on the store counts on a call. */
  Deceased claims() {
    return claims(List.of());
  }

  /** As a worker claims whose pool is busy: the mark that a call is sent comes later. */
  Deceased claimsToWait() {
    return claims(List.of(pool));
  }

  private Deceased claims(List<String> congested) {
    var invitation = Objects.requireNonNull(released).job();
    claimed = claims.claim(incarnation, List.of(invitation), congested).getFirst();
    return this;
  }

  Deceased marks() {
    claims.markSending(List.of(held().fence()));
    return this;
  }

  /** Sends the call and dies before an answer. */
  Deceased sends() {
    claude.hold();
    try {
      var call = call();
      var sending = Thread.startVirtualThread(call::execute);
      claude.awaitCallsOf(job().toString(), calls, Duration.ofSeconds(20));
      call.abort(AbortReason.DRAIN);
      sending.join();
      return this;
    } catch (Exception failure) {
      throw new AssertionError(failure);
    } finally {
      claude.release();
    }
  }

  /** Sends the call and has the answer in hand. */
  Deceased isAnswered() {
    answer = ((Reply.Answered) call().execute()).body();
    return this;
  }

  Deceased records() {
    settle(new Finish(JobState.SUCCEEDED, null, answer));
    return this;
  }

  /** Records what it has in hand, as often as it likes. */
  Settled settle(Settlement.Effect effect) {
    return new Settlements(database)
        .settle(List.of(new Settlement(held(), answer == null ? refused() : answered(), effect)))
        .getFirst();
  }

  /** Was refused for now, keeps the job and waits for a moment. */
  Deceased isOverloadedAndWaits() {
    call().execute();
    settle(new Keep());
    return this;
  }

  /** Saw its commit's reply get lost and commits the same again. */
  Deceased keepsAgain() {
    settle(new Keep());
    return this;
  }

  /** Was refused for now and gives the job back for later. */
  Deceased isOverloadedAndGivesBack() {
    call().execute();
    settle(new Requeue(Duration.ofMillis(500)));
    return this;
  }

  /** Is found silent by somebody who then dies as well. */
  Deceased isDeclaredLost() {
    var workers = new Workers(database);
    workers.all().stream()
        .filter(beat -> beat.id().equals(incarnation))
        .forEach(beat -> workers.declareLost(beat.id(), beat.heartbeatAt()));
    return this;
  }

  byte[] answer() {
    return Objects.requireNonNull(answer);
  }

  private Claimed held() {
    return Objects.requireNonNull(claimed);
  }

  private Call call() {
    var payload = Objects.requireNonNull(claims.payloads(List.of(job())).get(job()));
    return client.prepare(
        new CallRequest(
            payload.params(),
            payload.anthropicVersion(),
            payload.anthropicBeta(),
            Duration.ofSeconds(60),
            new CallRequest.Correlation(job().toString(), ++calls)));
  }

  private Settlement.Call answered() {
    var facts = MessageFacts.read(answer()).orElseThrow();
    var price = BigDecimal.ONE;
    return row(
        "succeeded",
        null,
        200,
        new Settlement.Charge(false, facts.usage(), facts.rawUsage(), price, "test"));
  }

  private Settlement.Call refused() {
    return row("retryable", "overloaded", 529, null);
  }

  private Settlement.Call row(
      String outcome, @Nullable String code, int status, Settlement.@Nullable Charge charge) {
    var now = Instant.now();
    var model = held().model();
    return new Settlement.Call(
        calls, model, outcome, code, code, status, null, now, null, now, true, false, charge);
  }

  @Override
  public void close() {
    client.close();
  }
}
