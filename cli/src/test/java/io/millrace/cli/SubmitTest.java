package io.millrace.cli;

import static io.millrace.cli.FakeMillrace.failed;
import static io.millrace.cli.FakeMillrace.queued;
import static io.millrace.cli.FakeMillrace.refusal;
import static io.millrace.cli.FakeMillrace.succeeded;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SubmitTest {

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
    return new Shell().with("MILLRACE_URL", millrace.url() + "/");
  }

  private String sent() {
    return millrace.requests().getFirst().body();
  }

  @Test
  void theAnswerGoesToStandardOutputAndItsPriceBesideIt() {
    millrace.answer(202, queued()).answer(200, succeeded("It is blue."));

    var ended = shell().run("submit", "Why \"blue\"?");

    assertThat(ended.exit()).isZero();
    assertThat(ended.out()).isEqualTo("It is blue.\n");
    assertThat(ended.err()).isEqualTo("12 in, 87 out tokens, $0.000045 · job_1 · 1.2 s\n");
    assertThat(sent())
        .isEqualTo(
            "{\"params\":{\"model\":\"claude-haiku-5-5\",\"max_tokens\":1024,\"messages\":[{\"role\":\"user\",\"content\":\"Why \\\"blue\\\"?\"}]}}");
    assertThat(millrace.requests().getFirst().header("idempotency-key")).isNotBlank();
    assertThat(millrace.requests().getLast().uri()).isEqualTo("/v1/jobs/job_1?wait=60");
  }

  @Test
  void optionsGoWhereTheyBelong() {
    millrace.answer(202, queued());

    var ended =
        shell()
            .with("MILLRACE_API_KEY", "secret")
            .run(
                "submit",
                "hi",
                "--no-wait",
                "--model=m",
                "--max-tokens",
                "5",
                "--system",
                "Be brief",
                "--lane",
                "bulk",
                "--custom-id",
                "c",
                "--idempotency-key",
                "k");

    assertThat(ended.exit()).isZero();
    assertThat(ended.out()).isEqualTo("job_1\n");
    assertThat(sent())
        .contains("\"model\":\"m\",\"max_tokens\":5,")
        .contains("\"system\":\"Be brief\"},\"lane\":\"bulk\",\"custom_id\":\"c\"}");
    assertThat(millrace.requests().getFirst().header("idempotency-key")).isEqualTo("k");
    assertThat(millrace.requests().getFirst().header("x-api-key")).isEqualTo("secret");
  }

  @Test
  void aRequestInAFileIsSentAsItWasWritten(@TempDir Path directory) throws IOException {
    millrace.answer(202, queued());
    String request =
        "{ \"model\": \"m\", \"temperature\": 1.0e0,\n \"messages\": [ {\"a\": 0.10} ] }";
    Path file = Files.writeString(directory.resolve("request.json"), request);

    shell().run("submit", file.toString(), "--no-wait");

    assertThat(sent()).isEqualTo("{\"params\":" + request + "}");
  }

  @Test
  void aWholeJobIsSentAsItWasWritten() {
    millrace.answer(202, queued());
    String job = "{ \"params\": {\"messages\": []}, \"lane\": \"bulk\" }\n";

    shell().typing(job).run("submit", "-", "--no-wait");

    assertThat(sent()).isEqualTo(job);
  }

  @Test
  void anOptionReplacesWhatAJobSays() {
    millrace.answer(202, queued());

    shell()
        .typing("{\"params\": {\"model\": \"a\", \"x\": 1.50}, \"lane\": \"bulk\"}")
        .run("submit", "-", "--no-wait", "--model", "b", "--lane", "standard");

    assertThat(sent()).isEqualTo("{\"params\":{\"model\":\"b\",\"x\":1.50},\"lane\":\"standard\"}");
  }

  @Test
  void proseFromStandardInputIsAPrompt() {
    millrace.answer(202, queued());

    shell().typing("{what is this brace?}\n").run("submit", "-", "--no-wait");

    assertThat(sent()).contains("\"content\":\"{what is this brace?}\\n\"");
  }

  @Test
  void malformedJsonIsNotSent(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("bad.json"), "{\"messages\": [}");

    var ended = shell().run("submit", file.toString());

    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.err())
        .contains(
            "bad.json is no valid JSON at line 1, column 15: Unexpected close marker '}': expected ']'\n");
    assertThat(millrace.requests()).isEmpty();
  }

  @Test
  void aFailedJobExitsWith1AndSaysWhy() {
    millrace.answer(202, queued()).answer(200, failed());

    var ended = shell().run("submit", "hi");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err())
        .contains("the job failed: Claude was overloaded (overloaded).")
        .contains("$0.000000 (+ $0.010000 suspected) · job_1 · 6 calls");
  }

  @Test
  void aRefusalIsToldInTheServersWords() {
    millrace.answer(400, refusal("invalid_request_error", "params.max_tokens: Field required"));

    var ended = shell().run("submit", "hi");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err()).isEqualTo("millrace: params.max_tokens: Field required\n");
  }

  @Test
  void anUnavailableMillraceExitsWith3() {
    millrace.answer(503, refusal("overloaded_error", "The queue cannot be reached"));

    assertThat(shell().run("submit", "hi").exit()).isEqualTo(3);
  }

  @Test
  void nobodyThereExitsWith3() {
    millrace.close();

    var ended = shell().run("submit", "hi");

    assertThat(ended.exit()).isEqualTo(3);
    assertThat(ended.err()).contains("Nothing answers at " + millrace.url());
  }

  @Test
  void somebodyElsesServerIsNotTakenForMillrace() {
    millrace.answer(404, "<html>");

    assertThat(shell().run("submit", "hi").err()).contains("HTTP 404, and not one of Millrace's");
  }

  @Test
  void aJobThatIsNotOverInTimeExitsWith4() {
    millrace.answer(202, queued()).answer(200, queued());

    var ended = shell().run("submit", "hi", "--timeout", "0");

    assertThat(ended.exit()).isEqualTo(4);
    assertThat(ended.err()).contains("job_1 is queued (waiting for dispatch)", "get job_1 --wait");
  }

  @Test
  void whenAWaitingJobIsExpectedToStartIsTold() {
    String queued =
        queued()
            .replace("\"dispatch\"", "\"requests\",\"expected_start\":\"2026-11-20T10:00:00Z\"");
    millrace.answer(202, queued).answer(200, queued);

    assertThat(shell().run("submit", "hi", "--timeout", "0").err())
        .contains("(waiting for requests, expected to start at 2026-11-20T10:00:00Z)");
  }

  @Test
  void aMillraceThatGoesAwayMeanwhileIsWaitedFor() {
    millrace
        .answer(202, queued())
        .answer(503, refusal("overloaded_error", "away"))
        .answer(200, succeeded("There."));

    assertThat(shell().run("submit", "hi").out()).isEqualTo("There.\n");
  }

  @Test
  void theJobObjectIsPrintedAsItCame() {
    millrace.answer(202, queued()).answer(200, succeeded("x"));

    assertThat(shell().run("submit", "hi", "--json").out()).isEqualTo(succeeded("x") + "\n");
  }

  @Test
  void getShowsAJobThatIsOver() {
    millrace.answer(200, succeeded("Done."));

    var ended = shell().run("get", "job_1");

    assertThat(ended.exit()).isZero();
    assertThat(ended.out()).isEqualTo("Done.\n");
    assertThat(millrace.requests().getFirst().uri()).isEqualTo("/v1/jobs/job_1");
  }

  @Test
  void getOfAJobThatIsNotOverExitsWith4() {
    millrace.answer(200, queued());

    var ended = shell().run("get", "job_1", "--json");

    assertThat(ended.exit()).isEqualTo(4);
    assertThat(ended.out()).isEqualTo(queued() + "\n");
  }

  @Test
  void getOfAnUnknownJobExitsWith1() {
    millrace.answer(404, refusal("not_found_error", "There is no such job"));

    assertThat(shell().run("get", "job_1").exit()).isEqualTo(1);
  }
}
