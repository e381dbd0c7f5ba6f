package io.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.model.ModelCatalogue;
import io.millrace.money.CallMode;
import io.millrace.money.Pricing.Priced;
import io.millrace.money.Usage;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.batch.BatchItem;
import io.millrace.simulator.batch.BatchState;
import io.millrace.simulator.batch.ItemOutcome;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Provider batches, as the store has them and as the simulator had them. */
record ProviderBatches(Database database, Simulator claude, Jobs jobs) {

  /** Waits until no provider batch is under way. */
  void awaitSettled() {
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> jobs.count("provider_batch where state not in ('settled', 'given_up')") == 0);
  }

  /** Which of Claude's batches hold any of these. */
  List<BatchState> atClaude(Collection<JobId> ids) {
    Set<String> batches = itemsOf(ids).stream().map(BatchItem::batchId).collect(Collectors.toSet());
    return claude.batches().stream().filter(batch -> batches.contains(batch.id())).toList();
  }

  List<BatchItem> itemsOf(Collection<JobId> ids) {
    Set<String> names = ids.stream().map(JobId::toString).collect(Collectors.toSet());
    return claude.batchItems().stream().filter(item -> names.contains(item.customId())).toList();
  }

  /**
   * What of these was billed is in the books, to the token and at batch price, and nothing else.
   */
  void costWhatClaudeBilled(Collection<JobId> ids) {
    var catalogue = ModelCatalogue.bundled();
    for (JobId id : ids) {
      BigDecimal billed = BigDecimal.ZERO;
      for (BatchItem item : itemsOf(List.of(id))) {
        if (item.outcome() == ItemOutcome.SUCCEEDED) {
          var usage = item.usage();
          var priced =
              (Priced)
                  catalogue.price(
                      "claude-haiku-5-5",
                      Usage.of(usage.inputTokens(), usage.outputTokens()),
                      Instant.now(),
                      CallMode.BATCH);
          billed = billed.add(priced.cost().amount());
        }
      }
      var booked =
          jobs.costs(id).stream()
              .filter(row -> "charged".equals(row.get("kind")))
              .map(row -> row.get("amount", BigDecimal.class))
              .reduce(BigDecimal.ZERO, BigDecimal::add);
      assertThat(booked).as(id.toString()).isEqualByComparingTo(billed);
    }
  }

  List<String> column(JobId id, String name) {
    return jobs.attempts(id).getValues(name, String.class);
  }
}
