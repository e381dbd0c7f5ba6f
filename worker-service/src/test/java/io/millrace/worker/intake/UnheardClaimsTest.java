package io.millrace.worker.intake;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.job.Claims;
import io.millrace.db.worker.Workers;
import io.millrace.job.ReleasedJob;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A claim whose answer was lost is found again, and none is ever started twice. */
class UnheardClaimsTest {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private final UUID worker = UUID.randomUUID();
  private long now;
  private Claims claims;
  private UnheardClaims unheard;
  private ReleasedJob invitation;

  @BeforeEach
  void aWorkerAndAJob() {
    new Workers(postgres.database()).enter(worker, "worker", 10);
    claims = new Claims(postgres.database());
    unheard = new UnheardClaims(claims, () -> now);
    invitation = new ReleasedJob(job().submit(postgres.database()), 0);
  }

  @Test
  void aClaimThatCommittedUnheardIsFoundOnce() {
    claims.claim(worker, List.of(invitation), List.of());
    unheard.add(List.of(invitation));

    assertThat(unheard.won(worker)).extracting(won -> won.id()).containsExactly(invitation.id());
    now += Duration.ofSeconds(1).toNanos();
    assertThat(unheard.won(worker)).isEmpty();
  }

  @Test
  void aClaimThatFailedAndWasWonByTheNextRecordIsNotFoundAgain() {
    unheard.add(List.of(invitation));
    var won = claims.claim(worker, List.of(invitation), List.of());

    unheard.heard(won);

    assertThat(won).hasSize(1);
    assertThat(unheard.won(worker)).isEmpty();
  }

  @Test
  void aClaimThatCommitsWhenTheLineIsBackIsFoundHoweverLongThatTook() {
    unheard.add(List.of(invitation));
    now += Duration.ofMinutes(10).toNanos();
    assertThat(unheard.won(worker)).isEmpty();

    claims.claim(worker, List.of(invitation), List.of());
    now += Duration.ofMinutes(2).toNanos();

    assertThat(unheard.won(worker)).hasSize(1);
  }
}
