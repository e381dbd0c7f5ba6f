package io.millrace.testkit.store;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.job.JobViews;
import io.millrace.db.job.QueuePlaces;
import io.millrace.db.job.QueuePlaces.Line;
import io.millrace.db.tenant.Tenants;
import io.millrace.job.JobId;
import io.millrace.job.Lane;
import io.millrace.testkit.PostgresExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where a ready job stands among its tenant's, and among all. */
class QueuePlacesTest {

  private static final String POOL = "haiku-5.5";
  private static final int FAR = 10_000;

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  private QueuePlaces places;
  private Tenants tenants;
  private int acme;
  private int rival;
  private Line line;

  @BeforeEach
  void open() {
    places = new QueuePlaces(postgres.database());
    tenants = new Tenants(postgres.database());
    acme = tenants.ensure("acme");
    rival = tenants.ensure("rival");
    line = new Line(POOL, Lane.STANDARD, acme);
  }

  @Test
  void theHeadIsTheEarliestDeadline() {
    assertThat(places.standing(List.of(line)).get(line).head()).isNull();
    List<JobId> mine = inOrderOfDeadline(acme, 3);

    var standing = places.standing(List.of(line)).get(line);

    assertThat(standing.head()).isEqualTo(mine.getFirst());
    assertThat(standing.shared()).isFalse();
  }

  @Test
  void aLineIsSharedWithOthersThatAreNotPaused() {
    inOrderOfDeadline(acme, 1);
    inOrderOfDeadline(rival, 1);
    assertThat(places.standing(List.of(line)).get(line).shared()).isTrue();

    tenants.pause("rival");
    assertThat(places.standing(List.of(line)).get(line).shared()).isFalse();

    // Another lane and another pool are other lines.
    job().tenant(tenants.ensure("third")).lane(Lane.BULK).submit(postgres.database());
    job().tenant(tenants.ensure("third")).pool("other").submit(postgres.database());
    var bulk = new Line(POOL, Lane.BULK, acme);
    var both = places.standing(List.of(line, bulk, line));
    assertThat(both.get(line).shared()).isFalse();
    assertThat(both.get(bulk).shared()).isTrue();
    assertThat(both.get(bulk).head()).isNull();
  }

  @Test
  void onesOwnEarlierJobsAreAhead() {
    List<JobId> mine = inOrderOfDeadline(acme, 5);

    assertThat(ahead(mine.get(0), FAR)).hasValue(0);
    assertThat(ahead(mine.get(4), FAR)).hasValue(4);
  }

  @Test
  void theOthersOfTheLaneHaveTheirTurnsAndNotMore() {
    List<JobId> mine = inOrderOfDeadline(acme, 5);
    inOrderOfDeadline(rival, 9);
    inOrderOfDeadline(tenants.ensure("third"), 2);

    assertThat(ahead(mine.get(0), FAR)).hasValue(2);
    assertThat(ahead(mine.get(3), FAR)).hasValue(3 + 4 + 2);
    tenants.pause("rival");
    assertThat(ahead(mine.get(3), FAR)).hasValue(3 + 2);
  }

  @Test
  void higherLanesGoFirst() {
    List<JobId> mine = inOrderOfDeadline(acme, 1);
    job().tenant(rival).lane(Lane.INTERACTIVE).submit(postgres.database(), 4);
    job().tenant(rival).lane(Lane.BULK).submit(postgres.database(), 4);

    assertThat(ahead(mine.getFirst(), FAR)).hasValue(4);
  }

  @Test
  void countingEndsAtTheBound() {
    List<JobId> mine = inOrderOfDeadline(acme, 6);

    assertThat(ahead(mine.get(4), 5)).hasValue(4);
    assertThat(ahead(mine.get(5), 5)).isEmpty();
  }

  private OptionalLong ahead(JobId id, int most) {
    var job = new JobViews(postgres.database()).find(acme, id).orElseThrow();
    return places.ahead(line, job, most);
  }

  private List<JobId> inOrderOfDeadline(int tenant, int jobs) {
    List<JobId> ids = new ArrayList<>();
    Instant first = Instant.now().plus(Duration.ofHours(1));
    for (int i = 0; i < jobs; i++) {
      ids.add(job().tenant(tenant).expiresAt(first.plusSeconds(i)).submit(postgres.database()));
    }
    return ids;
  }
}
