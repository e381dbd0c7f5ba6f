package io.millrace.api.bulk;

import io.millrace.api.submit.NewJobs;
import io.millrace.db.batch.Backend;
import io.millrace.db.batch.NewBatch;
import io.millrace.db.job.NewJob;
import io.millrace.job.BatchId;
import io.millrace.job.JobId;
import io.millrace.job.Keeping;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Makes batches, and jobs of their items. */
final class NewBatches {

  private final NewJobs newJobs;
  private final BulkSettings settings;
  private final Clock clock;
  private final RandomGenerator random;

  NewBatches(NewJobs newJobs, BulkSettings settings, Clock clock, RandomGenerator random) {
    this.newJobs = newJobs;
    this.settings = settings;
    this.clock = clock;
    this.random = random;
  }

  /**
   * What all calls of a batch have in common.
   *
   * @param version of the Claude API
   * @param traceParent in which trace the batch was submitted; null if in none
   */
  record Frame(String version, List<String> betas, @Nullable String traceParent) {}

  NewBatch batch(int tenant, BatchTerms terms, Frame frame, Spool spool) {
    Instant now = clock.instant();
    return new NewBatch(
        BatchId.create(now, random),
        tenant,
        terms.backend(),
        terms.lane(),
        terms.feature(),
        frame.version(),
        frame.betas(),
        spool.items(),
        spool.bytes(),
        now.plus(terms.expiresIn()).truncatedTo(ChronoUnit.MICROS));
  }

  Iterator<List<NewJob>> jobs(
      NewBatch batch, BatchTerms terms, Frame frame, Iterator<List<Item>> portions) {
    Instant until = until(terms, batch.expiresAt());
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return portions.hasNext();
      }

      @Override
      public List<NewJob> next() {
        List<Item> portion = portions.next();
        List<NewJob> jobs = new ArrayList<>(portion.size());
        for (Item item : portion) {
          jobs.add(job(batch, terms, frame, item, until));
        }
        return jobs;
      }
    };
  }

  private NewJob job(
      NewBatch batch, BatchTerms terms, Frame frame, Item item, @Nullable Instant until) {
    boolean byQueue = item.live() && batch.backend() == Backend.AUTO;
    return new NewJob(
        JobId.create(clock.instant(), random),
        batch.tenantId(),
        batch.lane(),
        newJobs.pool(item.model()),
        item.model(),
        null,
        batch.expiresAt(),
        item.maxAttempts(),
        item.timeout(),
        item.retryAmbiguous(),
        item.estimatedInput(),
        item.maxTokens(),
        item.customId(),
        item.userId() == null ? terms.userId() : item.userId(),
        item.feature() == null ? batch.feature() : item.feature(),
        batch.id().uuid(),
        byQueue ? null : until,
        item.keepsNothing() ? Keeping.NONE : terms.keeping(),
        new NewJob.Request(
            item.params(),
            frame.version(),
            frame.betas(),
            item.fallbackModels(),
            item.metadata(),
            null,
            frame.traceParent()),
        null);
  }

  /** Until when items may go by provider batch; null where there is no room for one at all. */
  private @Nullable Instant until(BatchTerms terms, Instant expiresAt) {
    return switch (terms.backend()) {
      case BATCH -> expiresAt;
      case QUEUE -> null;
      case AUTO -> {
        Duration most = terms.expiresIn().dividedBy(4);
        Duration reserve = settings.reserve().compareTo(most) < 0 ? settings.reserve() : most;
        Duration room = terms.expiresIn().minus(reserve);
        yield room.compareTo(settings.leastRoom()) < 0 ? null : expiresAt.minus(reserve);
      }
    };
  }
}
