package io.millrace.api.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.api.problem.Refused;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.NewJob;
import io.millrace.db.job.Submissions;
import io.millrace.db.job.Submitted;
import io.millrace.db.sql.GroupCommit;
import io.millrace.job.JobId;
import io.millrace.job.Keeping;
import io.millrace.job.Lane;
import io.millrace.testkit.PostgresExtension;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.jooq.exception.DataAccessException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.util.unit.DataSize;

class SubmitJobIT {

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  @Test
  void aCommitWhoseReplyWasLostIsFoundAndAccepted() throws Exception {
    var submissions = new Submissions(postgres.database());
    NewJob job = job();
    try (var intake =
        intake(jobs -> {
          submissions.submit(jobs);
          throw connectionCut();
        })) {
      var accepted = submitJob(intake).submit(job);

      assertThat(accepted.job().id()).isEqualTo(job.id());
      assertThat(accepted.replayed()).isFalse();
    }
  }

  @Test
  void aCommitOfUnknownFateIsSaidToBeOne() throws Exception {
    try (var intake =
        intake(jobs -> {
          throw connectionCut();
        })) {
      assertThatThrownBy(() -> submitJob(intake).submit(job()))
          .isInstanceOfSatisfying(
              Refused.class, refused -> assertThat(refused.problem().status()).isEqualTo(503))
          .hasMessageContaining("may have been accepted")
          .hasMessageContaining("Idempotency-Key");
    }
  }

  @Test
  void aFullDiskStoresNothingAndKeepsIntakeClosedForAMoment() throws Exception {
    try (var intake =
        intake(jobs -> {
          throw new DataAccessException("full", new SQLException("No space left", "53100"));
        })) {
      var submitJob = submitJob(intake);
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> submitJob.submit(job()))
            .isInstanceOfSatisfying(
                Refused.class,
                refused -> {
                  assertThat(refused.problem().status()).isEqualTo(503);
                  assertThat(refused.problem().type()).isEqualTo("overloaded_error");
                  assertThat(refused.problem().message()).contains("nothing was stored");
                  assertThat(refused.problem().headers()).containsEntry("retry-after", "10");
                });
      }
    }
  }

  private SubmitJob submitJob(GroupCommit<NewJob, Submitted> intake) {
    return new SubmitJob(
        intake,
        new JobViews(postgres.database()),
        new ReadySignal(postgres.database(), new SimpleMeterRegistry()),
        new Room(
            new RoomSettings(null, DataSize.ofBytes(0), DataSize.ofBytes(0)),
            postgres.database(),
            System::nanoTime,
            new SimpleMeterRegistry()),
        Duration.ofSeconds(5));
  }

  private static GroupCommit<NewJob, Submitted> intake(
      Function<List<NewJob>, List<Submitted>> commit) {
    return new GroupCommit<>(
        "test-intake", new GroupCommit.Limits(4, 4, 1000, 1, Duration.ZERO), job -> 1, commit);
  }

  private static DataAccessException connectionCut() {
    return new DataAccessException("commit", new SQLException("An I/O error occurred", "08006"));
  }

  private static NewJob job() {
    return new NewJob(
        JobId.create(Instant.now(), new Random()),
        1,
        Lane.STANDARD,
        "pool",
        "model",
        null,
        null,
        6,
        Duration.ofMinutes(10),
        true,
        1,
        1,
        null,
        null,
        null,
        null,
        null,
        Keeping.STANDARD,
        new NewJob.Request(
            "{}".getBytes(StandardCharsets.UTF_8),
            "2026-10-21",
            List.of(),
            List.of(),
            null,
            null,
            null),
        null);
  }
}
