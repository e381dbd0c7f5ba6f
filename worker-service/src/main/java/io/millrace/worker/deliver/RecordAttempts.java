package io.millrace.worker.deliver;

import io.millrace.db.sql.GroupCommit;
import io.millrace.db.sql.PatientCommit;
import io.millrace.db.webhook.AttemptRecord;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes what attempts came to durable, in transactions shared by all who record at the time. While
 * PostgreSQL is away it is tried again for a while: later somebody else makes the delivery again,
 * under its id.
 */
final class RecordAttempts implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(RecordAttempts.class);
  private static final Duration BUSY_PACE = Duration.ofMillis(50);

  private final PatientCommit<AttemptRecord, Boolean> commits;

  /**
   * @param patience how long it is tried
   */
  RecordAttempts(
      Function<List<AttemptRecord>, List<Boolean>> commit,
      Duration patience,
      RandomGenerator random) {
    this.commits =
        new PatientCommit<>(
            new GroupCommit<>(
                "millrace-deliver-record",
                new GroupCommit.Limits(10_000, 200, 8L << 20, 1, BUSY_PACE),
                RecordAttempts::bytes,
                commit),
            patience,
            random,
            (attempt, failure) ->
                log.error(
                    "An attempt for {} cannot be stored; it will be made again",
                    attempt.delivery().id(),
                    failure));
  }

  /** Records one attempt and returns when it is durable; false where it was not recorded. */
  boolean record(AttemptRecord attempt) {
    return commits.commit(attempt).orElse(false);
  }

  /** Commits what was handed over, then refuses more. */
  @Override
  public void close() {
    commits.close();
  }

  private static long bytes(AttemptRecord attempt) {
    byte[] body = attempt.body();
    return 1_024L + (body == null ? 0 : body.length);
  }
}
