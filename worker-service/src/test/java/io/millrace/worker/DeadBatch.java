package io.millrace.worker;

import static io.millrace.testkit.BatchFixture.batch;

import io.millrace.claude.batch.BatchAnswer;
import io.millrace.claude.batch.BatchBody;
import io.millrace.claude.batch.BatchClient;
import io.millrace.claude.batch.BatchTerms;
import io.millrace.claude.batch.MessageBatch;
import io.millrace.claude.batch.ResultLine;
import io.millrace.claude.call.ClaudeClient;
import io.millrace.claude.call.UpstreamSettings;
import io.millrace.claude.classify.MessageFacts;
import io.millrace.db.batch.Gathering;
import io.millrace.db.batch.ProviderBatch;
import io.millrace.db.batch.ProviderBatches;
import io.millrace.db.batch.ProviderItems;
import io.millrace.db.batch.ProviderItems.Outgoing;
import io.millrace.db.job.Claims;
import io.millrace.db.job.HeldJobs;
import io.millrace.db.job.HeldJobs.Held;
import io.millrace.db.job.Settlement;
import io.millrace.db.job.Settlement.Effect.Finish;
import io.millrace.db.job.Settlements;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.model.ModelCatalogue;
import io.millrace.money.CallMode;
import io.millrace.money.Pricing.Priced;
import io.millrace.simulator.Simulator;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A worker process played by hand, one step of a provider batch's life after the other, which can
 * therefore die between any two of them.
 */
final class DeadBatch implements AutoCloseable {

  private static final int ITEMS = 4;
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration WAIT = Duration.ofSeconds(20);

  private final UUID driver = UUID.randomUUID();
  private final Database database;
  private final ProviderBatches batches;
  private final ProviderItems items;
  private final ClaudeClient claude;
  private final BatchClient client;
  private List<JobId> jobs = List.of();
  private List<Outgoing> outgoing = List.of();
  private @Nullable ProviderBatch held;
  private @Nullable MessageBatch taken;

  DeadBatch(Database database, Simulator claude) {
    this.database = database;
    this.batches = new ProviderBatches(database);
    this.items = new ProviderItems(database);
    this.claude =
        new ClaudeClient(UpstreamSettings.of(claude.baseUri(), "sk-test"), Clock.systemUTC());
    this.client = new BatchClient(this.claude, 1 << 20);
  }

  /** What a process did last. */
  enum LastStep {
    TAKEN,
    MARKED,
    SENT,
    RECORDED,
    LOST,
    LOST_TWICE,
    ADOPTED,
    ENDED,
    HALF_SETTLED,
    ITEMS_SETTLED,
    SETTLED,
    GATHERED,
    SUBMITTED;

    /** Whether the create never left, which nobody can know. */
    boolean isNeverSent() {
      return this == MARKED || this == LOST;
    }

    DeadBatch of(DeadBatch it) {
      return switch (this) {
        case SUBMITTED -> it.submits();
        case GATHERED -> SUBMITTED.of(it).gathers();
        case TAKEN -> GATHERED.of(it).takes();
        case MARKED -> TAKEN.of(it).marks();
        case LOST -> MARKED.of(it).losesIt();
        case SENT -> MARKED.of(it).sends();
        case LOST_TWICE -> SENT.of(it).losesIt();
        case ADOPTED -> LOST_TWICE.of(it).takesAgain().adopts();
        case RECORDED -> SENT.of(it).records();
        case ENDED -> RECORDED.of(it).takesAgain().sees();
        case HALF_SETTLED -> ENDED.of(it).takesAgain().settles(ITEMS / 2);
        case ITEMS_SETTLED -> ENDED.of(it).takesAgain().settles(ITEMS);
        case SETTLED -> ITEMS_SETTLED.of(it).isDone();
      };
    }
  }

  List<JobId> jobs() {
    return jobs;
  }

  private DeadBatch submits() {
    jobs = batch(ITEMS).submit(database).items();
    return this;
  }

  private DeadBatch gathers() {
    var _ =
        new Gathering(database)
            .gather(UUID.randomUUID(), new Gathering.Terms(ITEMS, 1 << 20, Duration.ZERO, 1_000))
            .orElseThrow();
    return this;
  }

  private DeadBatch takes() {
    held = batches.take(driver, 1, LONG).getFirst();
    return this;
  }

  private DeadBatch takesAgain() {
    database
        .dsl()
        .execute("update provider_batch set due_at = '-infinity' where id = ?", held().id());
    return takes();
  }

  private DeadBatch marks() {
    outgoing = items.beginSending(held()).orElseThrow();
    return this;
  }

  private DeadBatch sends() {
    var payloads = new Claims(database).payloads(jobs);
    var body =
        BatchBody.of(
            outgoing.stream()
                .mapToLong(item -> BatchBody.length(item.id().toString(), item.paramsBytes()))
                .sum(),
            BatchBody.of(
                outgoing.stream()
                    .map(item ->
                        new BatchBody.Item(
                            item.id().toString(),
                            Objects.requireNonNull(payloads.get(item.id())).params()))
                    .iterator()));
    var reply = client.create(terms(), body, () -> true).execute();
    var answer = BatchAnswer.of(reply, Instant.now(), MessageBatch::read);
    taken = ((BatchAnswer.Told<MessageBatch>) answer).value();
    return this;
  }

  private DeadBatch records() {
    batches.taken(held(), taken().id(), taken().expiresAt(), LONG);
    return this;
  }

  private DeadBatch losesIt() {
    batches.lost(held(), false, "connection_lost", LONG);
    return this;
  }

  private DeadBatch adopts() {
    batches.adopt(held(), taken().id(), LONG);
    return this;
  }

  private DeadBatch sees() {
    batches.ended(held());
    putOff();
    return this;
  }

  // Else the next that dies would take it.
  private void putOff() {
    database
        .dsl()
        .execute("update provider_batch set due_at = 'infinity' where id = ?", held().id());
  }

  private DeadBatch settles(int most) {
    List<ResultLine> lines = new ArrayList<>();
    client
        .results(terms(), taken().id(), line -> lines.add(ResultLine.read(line).orElseThrow()))
        .execute();
    var settlements =
        lines.stream()
            .limit(most)
            .flatMap(line ->
                new HeldJobs(database)
                        .ofBatch(held().id(), List.of(JobId.parse(line.customId()).orElseThrow()))
                        .stream()
                        .map(item -> settlement(item, Objects.requireNonNull(line.body()))))
            .toList();
    new Settlements(database).settle(settlements);
    return this;
  }

  private static Settlement settlement(Held item, byte[] message) {
    var facts = MessageFacts.read(message).orElseThrow();
    var job = item.job();
    var now = Instant.now();
    var price =
        (Priced) ModelCatalogue.bundled().price(job.model(), facts.usage(), now, CallMode.BATCH);
    var charge =
        new Settlement.Charge(
            false, facts.usage(), facts.rawUsage(), price.cost().amount(), "test");
    var call =
        new Settlement.Call(
            1,
            job.model(),
            "succeeded",
            null,
            null,
            200,
            null,
            now,
            null,
            now,
            true,
            false,
            charge);
    return new Settlement(job, call, new Finish(JobState.SUCCEEDED, null, message));
  }

  private DeadBatch isDone() {
    batches.settle(held());
    return this;
  }

  private ProviderBatch held() {
    return Objects.requireNonNull(held);
  }

  private MessageBatch taken() {
    return Objects.requireNonNull(taken);
  }

  private BatchTerms terms() {
    return new BatchTerms(held().anthropicVersion(), held().anthropicBeta(), WAIT, WAIT);
  }

  @Override
  public void close() {
    claude.close();
  }
}
