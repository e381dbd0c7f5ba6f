package io.millrace.worker.deliver;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.db.job.JobViews;
import io.millrace.db.job.TenantJobs;
import io.millrace.db.webhook.Deliveries;
import io.millrace.db.webhook.Secrets;
import io.millrace.db.worker.Workers;
import io.millrace.job.JobId;
import io.millrace.testkit.Answer;
import io.millrace.testkit.Invariants;
import io.millrace.testkit.PostgresExtension;
import io.millrace.testkit.Receiver;
import io.millrace.webhook.address.Targets;
import io.millrace.worker.deliver.SendDelivery.Times;
import io.millrace.worker.lease.Lease;
import io.millrace.worker.lease.LeaseSettings;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The sending side of a worker, without the rest of it. */
class DeliverTest {

  private static final Duration BOUND = Duration.ofSeconds(5);
  private static final RandomGenerator RANDOM = () -> ThreadLocalRandom.current().nextLong();

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Receiver receiver = Receiver.start();
  private Deliver deliver;

  @BeforeEach
  void start() {
    postgres.database().dsl().execute("insert into tenant (name) values ('acme')");
    deliver = deliver();
    deliver.start();
  }

  @AfterEach
  void stop() {
    receiver.close();
    Invariants.hold(postgres.database());
  }

  @Test
  void aDrainGivesBackAtOnceWhatDoesNotEndWithinTheGrace() throws Exception {
    receiver.on("/hook", Answer.stall());
    ended(3);
    receiver.await("/hook", 3);

    deliver.stop(BOUND);
    assertThat(deliver.drain(Duration.ofMillis(50), BOUND)).isTrue();

    var pending =
        postgres
            .database()
            .dsl()
            .fetch("select * from delivery_pending where worker_id is null and due_at <= now()");
    assertThat(pending).hasSize(3);
    assertThat(postgres.database().dsl().fetchSingle("select sum(attempts) from delivery").get(0))
        .as("no attempt that counts")
        .isEqualTo(0L);
  }

  @Test
  void aDrainLetsWhatIsUnderWayEnd() throws Exception {
    receiver.on("/hook", Answer.stall());
    ended(1);
    receiver.await("/hook", 1);
    deliver.stop(BOUND);
    receiver.letGo();

    assertThat(deliver.drain(BOUND, BOUND)).isTrue();

    assertThat(postgres.database().dsl().fetch("select from delivery where state = 'delivered'"))
        .hasSize(1);
  }

  @Test
  void aStalledDestinationHoldsUpNobody() throws Exception {
    receiver.on("/hook", Answer.stall());
    ended(2 * Deliver.EACH);
    receiver.await("/hook", Deliver.EACH);
    // Another origin on the same machine.
    var other = "http://localhost:" + receiver.port() + "/other";
    cancel(job().webhook(other).submit(postgres.database(), 100));

    receiver.await("/other", 100, BOUND);

    assertThat(receiver.requests("/hook")).hasSize(Deliver.EACH);
    deliver.stop(BOUND);
    deliver.drain(Duration.ZERO, BOUND);
  }

  @Test
  void aLargeResultStaysWhereItIs() throws Exception {
    var id = job().webhook(receiver.url("/hook").toString()).submit(postgres.database());
    var database = postgres.database();
    database
        .dsl()
        .execute(
            "insert into result (job_id, series, type, body) values (?, 1, 'succeeded',"
                + " convert_to('{\"text\":\"' || repeat('x', 30000) || '\"}', 'UTF8'))",
            id.uuid());
    database
        .dsl()
        .execute("update job set state = 'succeeded', finished_at = now() where id = ?", id.uuid());

    var request = receiver.await("/hook", 1).getFirst();

    assertThat(request.body().length).isLessThan(RenderBodies.LARGEST);
    assertThat(request.text())
        .contains(
            "\"result\":{\"type\":\"omitted\",\"url\":\"https://millrace.example/v1/jobs/"
                + id
                + "\"}");
    deliver.stop(BOUND);
    deliver.drain(BOUND, BOUND);
    database.dsl().execute("delete from job");
    database.dsl().execute("delete from request");
    database.dsl().execute("delete from result");
  }

  @Test
  void whatIsToldOfADeletedJobIsDropped() {
    postgres
        .database()
        .dsl()
        .execute(
            "create function hold() returns trigger language plpgsql as"
                + " 'begin new.due_at := now() + interval ''1 hour''; return new; end'");
    postgres
        .database()
        .dsl()
        .execute(
            "create trigger held before insert on delivery_pending for each row execute function hold()");
    ended(1);
    var jobs = new TenantJobs(postgres.database());
    var id =
        new JobId(postgres.database().dsl().fetchSingle("select id from job").get(0, UUID.class));
    assertThat(jobs.delete(1, id)).isTrue();
    postgres.database().dsl().execute("update delivery_pending set due_at = now()");

    await()
        .atMost(BOUND)
        .until(() ->
            postgres
                    .database()
                    .dsl()
                    .fetch("select from delivery where state = 'dropped' and error = 'job_deleted'")
                    .size()
                == 1);
    deliver.stop(BOUND);
    deliver.drain(BOUND, BOUND);
    assertThat(receiver.connections()).isZero();
  }

  private void ended(int count) {
    cancel(job().webhook(receiver.url("/hook").toString()).submit(postgres.database(), count));
  }

  private void cancel(List<JobId> ids) {
    new TenantJobs(postgres.database()).cancel(1, ids);
  }

  private Deliver deliver() {
    var database = postgres.database();
    var targets = new Targets(List.of("loopback"), true);
    var client =
        new WebhookClient(
            targets,
            new AllowedAddresses(targets, InetAddress::getAllByName),
            Duration.ofSeconds(10),
            Deliver.MOST,
            "test");
    var times = new Times(Clock.systemUTC(), System::nanoTime, RANDOM, Duration.ofSeconds(10));
    var deliveries = new Deliveries(database, Duration.ofDays(5));
    var send =
        new SendDelivery(
            client,
            new Judge(List.of(Duration.ZERO, Duration.ofHours(1)), 0),
            new RecordAttempts(deliveries::record, BOUND, RANDOM),
            new DeliveryMeters(meters),
            times);
    var lease =
        new Lease(
            new Workers(database),
            "test",
            1,
            () -> 0,
            new LeaseSettings(Duration.ofMinutes(5)),
            System::nanoTime);
    lease.beat();
    return new Deliver(
        deliveries,
        new RenderBodies(new JobViews(database), Clock.systemUTC(), "https://millrace.example/"),
        new SigningKeys(new Secrets(database), new SecureRandom()),
        send,
        lease,
        System::nanoTime,
        meters);
  }
}
