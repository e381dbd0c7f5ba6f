package io.millrace.cli;

import static io.millrace.cli.FakeMillrace.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListTest {

  private static final String JOB =
      """
      {"id":"job_2","status":"failed","lane":"bulk","model":"m","created_at":"2026-11-20T10:00:00.123456Z",\
      "attempts":6,"cost":{"amount":"0.000100"},"custom_id":"c\\u001b[2J","failure":{"code":"overloaded"}, "x":1.50e0}\
      """;

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

  private static String page(boolean more, String... jobs) {
    return "{\"data\":[%s],\"has_more\":%s,\"first_id\":null,\"last_id\":\"job_1\"}"
        .formatted(String.join(",", jobs), more);
  }

  private static String line(String id) {
    return "{\"id\":\"" + id + "\",\"type\":\"job_result\"}\n";
  }

  @Test
  void jobsAreShownAsATable() {
    millrace.answer(200, page(true, JOB));

    var ended =
        shell().run("list", "--limit", "1", "--status=failed,expired", "--user-id", "a b&c");

    assertThat(ended.exit()).isZero();
    assertThat(ended.out())
        .isEqualTo(
            """
            ID     STATUS  LANE  MODEL  CREATED              CALLS  COST      CUSTOM ID  WHY
            job_2  failed  bulk  m      2026-11-20 10:00:00  6      0.000100  c [2J      overloaded
            """);
    assertThat(ended.err()).isEqualTo("There are more: --limit <n>, or --all.\n");
    assertThat(millrace.requests().getFirst().uri())
        .isEqualTo("/v1/jobs?limit=1&status=failed%2Cexpired&user_id=a+b%26c");
  }

  @Test
  void allPagesAreFetchedAndTheirBytesKept() {
    millrace.answer(200, page(true, JOB)).answer(200, page(true)).answer(200, page(false, JOB));

    var ended = shell().run("list", "--all", "--json");

    assertThat(ended.out()).isEqualTo(JOB + "\n" + JOB + "\n");
    assertThat(millrace.requests().getLast().uri()).isEqualTo("/v1/jobs?limit=1000&after_id=job_1");
  }

  @Test
  void aRefusedFilterExitsWith1() {
    millrace.answer(400, refusal("invalid_request_error", "status: Input should be 'queued'"));

    var ended = shell().run("list", "--status", "done");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err()).isEqualTo("millrace: status: Input should be 'queued'\n");
  }

  @Test
  void callsAreShownWithTheirTimes() {
    millrace.answer(
        200,
        page(
            false,
            "{\"number\":2,\"series\":1,\"outcome\":\"ambiguous\",\"presumed\":true,\"http_status\":null}"));

    var ended = shell().run("get", "job_1", "--attempts");

    assertThat(ended.exit()).isZero();
    assertThat(ended.out()).contains("CALL  SERIES").contains("ambiguous").contains("presumed");
    assertThat(millrace.requests().getFirst().uri())
        .isEqualTo("/v1/jobs/job_1/attempts?limit=1000");
  }

  @Test
  void resultsGoOnBehindTheLastWholeLineOfTheFile(@TempDir Path directory) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("r.jsonl"), line("job_1") + line("job_2") + "{\"id\":\"jo");
    millrace.answer(200, line("job_3"));

    var ended = shell().run("results", "-o", file.toString(), "--feature", "f");

    assertThat(ended.exit()).isZero();
    assertThat(file).hasContent(line("job_1") + line("job_2") + line("job_3"));
    assertThat(millrace.requests().getFirst().uri())
        .isEqualTo("/v1/jobs/results?feature=f&after_id=job_2");
    assertThat(ended.err()).contains("Going on", "1 results");
  }

  @Test
  void aStreamThatWasBrokenOffIsTakenUpAgain() {
    millrace
        .answer(200, line("job_1") + refusal("api_error", "Internal server error") + "\n")
        .answer(503, refusal("overloaded_error", "away"))
        .answer(200, line("job_2"));

    var ended = shell().run("results");

    assertThat(ended.exit()).isZero();
    assertThat(ended.out()).isEqualTo(line("job_1") + line("job_2"));
    assertThat(millrace.requests().getLast().uri()).isEqualTo("/v1/jobs/results?after_id=job_1");
  }

  @Test
  void aFileOfSomethingElseIsLeftAlone(@TempDir Path directory) throws IOException {
    for (String notes : new String[] {"my\nnotes\n", "my notes"}) {
      Path file = Files.writeString(directory.resolve("notes.txt"), notes);

      var ended = shell().run("results", "-o", file.toString());

      assertThat(ended.exit()).isEqualTo(2);
      assertThat(file).hasContent(notes);
    }
  }
}
