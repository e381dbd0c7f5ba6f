package io.millrace.cli;

import static io.millrace.cli.FakeMillrace.queued;
import static io.millrace.cli.FakeMillrace.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ControlTest {

  private static final String CANCELED =
      "{\"id\":\"job_1\",\"type\":\"job\",\"status\":\"canceled\"}";

  private FakeMillrace millrace;

  @BeforeEach
  void start() throws IOException {
    millrace = new FakeMillrace();
  }

  @AfterEach
  void stop() {
    millrace.close();
  }

  private Shell shell() {
    return new Shell().with("MILLRACE_URL", millrace.url());
  }

  @Test
  void jobsAreCanceledByTheirIds() {
    millrace
        .answer(200, CANCELED)
        .answer(200, "{\"id\":\"job_2\",\"type\":\"job\",\"status\":\"running\"}");

    var ended = shell().run("cancel", "job_1", "job_2");

    assertThat(ended.exit()).isZero();
    assertThat(ended.out()).isEqualTo("job_1 is canceled\njob_2 is asked to stop\n");
    assertThat(millrace.requests().getFirst().method()).isEqualTo("POST");
    assertThat(millrace.requests().getFirst().uri()).isEqualTo("/v1/jobs/job_1/cancel");
  }

  @Test
  void whatIsRefusedIsSaidAndTheRestGoesOn() {
    millrace.answer(409, refusal("conflict_error", "The job succeeded")).answer(200, queued());

    var ended = shell().run("replay", "job_9", "job_1", "--max-attempts", "3");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err()).isEqualTo("job_9:\nmillrace: The job succeeded\n");
    assertThat(ended.out()).isEqualTo("job_1 is queued\n");
    assertThat(millrace.requests().getLast().body()).isEqualTo("{\"max_attempts\":3}");
  }

  @Test
  void aFilterGoesOnUntilTheServerIsAtTheEnd() {
    millrace
        .answer(
            200,
            "{\"type\":\"job_cancellation\",\"canceled\":2000,\"requested\":3,\"has_more\":true,\"last_id\":\"job_5\"}")
        .answer(
            200,
            "{\"type\":\"job_cancellation\",\"canceled\":1,\"requested\":0,\"has_more\":false,\"last_id\":null}");

    var ended =
        shell()
            .run(
                "cancel", "--status", "queued,running", "--custom-id=a\"b", "--lane=bulk", "--yes");

    assertThat(ended.exit()).isZero();
    assertThat(ended.out()).isEqualTo("2,001 canceled; 3 asked to stop\n");
    assertThat(millrace.requests().getFirst().uri()).isEqualTo("/v1/jobs/cancel");
    assertThat(millrace.requests().getFirst().body())
        .isEqualTo("{\"status\":\"queued,running\",\"lane\":\"bulk\",\"custom_id\":\"a\\\"b\"}");
    assertThat(millrace.requests().getLast().body()).endsWith(",\"after_id\":\"job_5\"}");
  }

  @Test
  void aDryRunOnlyCounts() {
    millrace.answer(200, "{\"type\":\"job_replay\",\"replayed\":7,\"skipped\":0,\"last_id\":null}");

    var ended = shell().run("replay", "--all", "--dry-run", "--json");

    assertThat(ended.out())
        .isEqualTo("{\"type\":\"job_replay\",\"dry_run\":true,\"replayed\":7,\"skipped\":0}\n");
    assertThat(millrace.requests().getFirst().body()).isEqualTo("{\"all\":true,\"dry_run\":true}");
  }

  @Test
  void nothingHappensWhereNobodyIsThereToConfirmIt() {
    var ended = shell().run("cancel", "--all");

    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.err()).contains("--yes");
    assertThat(millrace.requests()).isEmpty();
  }

  @Test
  void aPersonIsAskedFirst() {
    String count =
        "{\"type\":\"job_cancellation\",\"canceled\":2,\"requested\":1,\"last_id\":null}";
    millrace.answer(200, count);

    var refused = shell().watched().typing("n\n").run("cancel", "--feature", "f");

    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.err()).contains("Cancel 3 jobs? [y/N] ").endsWith("Nothing was done.\n");

    millrace.answer(200, count).answer(200, count);
    var confirmed = shell().watched().typing("y\n").run("cancel", "--feature", "f");

    assertThat(confirmed.exit()).isZero();
    assertThat(confirmed.out()).isEqualTo("2 canceled; 1 asked to stop\n");
  }

  @Test
  void idsOrAFilterButNotBothAndNotNeither() {
    assertThat(shell().run("cancel").exit()).isEqualTo(2);
    assertThat(shell().run("cancel", "job_1", "--all").exit()).isEqualTo(2);
    assertThat(shell().run("cancel", "17").exit()).isEqualTo(2);
    assertThat(shell().run("cancel", "job_1", "--expires-at", "x").exit()).isEqualTo(2);
    assertThat(shell().run("delete").exit()).isEqualTo(2);
    assertThat(millrace.requests()).isEmpty();
  }

  @Test
  void aJobIsDeleted() {
    millrace
        .answer(200, "{\"id\":\"job_1\",\"type\":\"job_deleted\"}")
        .answer(404, refusal("not_found_error", "There is no such job"));

    var ended = shell().run("delete", "job_1", "job_2");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.out()).isEqualTo("job_1 is deleted\n");
    assertThat(ended.err()).isEqualTo("job_2:\nmillrace: There is no such job\n");
    assertThat(millrace.requests().getFirst().method()).isEqualTo("DELETE");
  }
}
