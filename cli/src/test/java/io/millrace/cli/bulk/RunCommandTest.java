package io.millrace.cli.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code bulk run} sends, brings, refuses and says. */
class RunCommandTest {

  private static final String PARAMS =
      "{\"model\":\"claude-haiku-5-5\",\"max_tokens\":50,\"messages\":[{\"role\":\"user\",\"content\":\"Grüße\"}]}";

  private FakeBatches millrace;
  private Desk desk;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    millrace = new FakeBatches();
    desk = new Desk(directory, millrace.url());
  }

  @AfterEach
  void stop() {
    millrace.close();
  }

  private static String prompts(int count) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(i -> "{\"prompt\":\"number %d\"}\n".formatted(i))
        .collect(Collectors.joining());
  }

  @Test
  void threeKindsOfLinesBecomeItems() throws IOException {
    String item =
        "{\"custom_id\": \"mine\",  \"params\": " + PARAMS + ", \"millrace\":{\"user_id\":\"u\"}}";
    desk.write("p.jsonl", item + "\r\n\n" + PARAMS + "\n  {\"prompt\":\"Why?\"}  ");

    var ended = desk.run("p.jsonl");

    assertThat(ended.exit()).as(ended.err()).isZero();
    List<String> sent = millrace.batches().getFirst().lines;
    assertThat(sent.get(0)).isEqualTo(item);
    assertThat(sent.get(1)).isEqualTo("{\"custom_id\":\"line-3\",\"params\":" + PARAMS + "}");
    assertThat(sent.get(2))
        .isEqualTo(
            "{\"custom_id\":\"line-4\",\"params\":{\"model\":\"claude-haiku-5-5\",\"max_tokens\":1024,\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}]}}");
    assertThat(desk.answered()).containsExactly("mine", "line-3", "line-4");
    assertThat(ended.err()).contains("Finished: 3 succeeded; 30 tokens in, 15 out, $0.0300.");
  }

  @Test
  void optionsHoldForAllLines() throws IOException {
    desk.write("p.jsonl", "{\"custom_id\":\"a\",\"params\":" + PARAMS + "}\n{\"prompt\":\"x\"}\n");

    desk.run("p.jsonl", "--model", "m", "--max-tokens=9", "--system", "Be \"brief\".");

    assertThat(millrace.batches().getFirst().lines)
        .allMatch(line -> line.contains("\"model\":\"m\",\"max_tokens\":9,"))
        .allMatch(line -> line.contains("\"system\":\"Be \\\"brief\\\".\""));
  }

  @Test
  void termsOfTheBatchGoWithIt() throws IOException {
    desk.write("p.jsonl", prompts(1));

    desk.run(
        "p.jsonl",
        "--backend=queue",
        "--expires-in=6h",
        "--lane",
        "standard",
        "--feature",
        "a b",
        "--user-id=u&1");

    assertThat(millrace.batches().getFirst().query.split("&", -1))
        .containsExactlyInAnyOrder(
            "backend=queue", "expires_in=21600", "lane=standard", "feature=a+b", "user_id=u%261");
  }

  @Test
  void aTableBecomesPromptsByATemplate() throws IOException {
    desk.write(
        "t.csv",
        "\uFEFFsku,text,lang\r\na-1,\"two\r\nlines, \"\"quoted\"\"\",de\r\n\r\n,plain $1,fr\r\n");

    var ended =
        desk.run("t.csv", "--template", "To {{ lang }}: {{text}} {{text}}", "--id-column", "sku");

    assertThat(ended.exit()).as(ended.err()).isZero();
    List<String> sent = millrace.batches().getFirst().lines;
    assertThat(sent.get(0))
        .startsWith("{\"custom_id\":\"a-1\"")
        .contains(
            "\"content\":\"To de: two\\r\\nlines, \\\"quoted\\\" two\\r\\nlines, \\\"quoted\\\"\"");
    assertThat(sent.get(1))
        .startsWith("{\"custom_id\":\"line-5\"")
        .contains("\"content\":\"To fr: plain $1 plain $1\"");
    assertThat(sent).hasSize(2);
  }

  @Test
  void standardInputAndArchivesAreReadAlike() throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(packed)) {
      gzip.write(prompts(2).getBytes(StandardCharsets.UTF_8));
    }
    Files.write(desk.file("p.jsonl.gz"), packed.toByteArray());

    var ended = desk.run("p.jsonl.gz");
    var piped = desk.typing(prompts(2)).run("-", "--new");

    assertThat(ended.exit()).as(ended.err()).isZero();
    assertThat(piped.exit()).as(piped.err()).isZero();
    assertThat(millrace.batches().get(0).lines).isEqualTo(millrace.batches().get(1).lines);
    try (var files = Files.list(desk.file("."))) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())))
          .containsExactlyInAnyOrder("p.jsonl.gz", "r.jsonl", "r.jsonl.millrace");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"prompt\":\"ok\"}\n{\"prompt\":\"\"}|line 2: the prompt is empty",
        "{\"prompt\":\"ok\"}\n\n{\"prompt\":\"x}|line 3, is no valid JSON at column",
        "[]|line 1, should hold a JSON object",
        "{\"custom_id\":\"a b\",\"prompt\":\"x\"}|line 1: custom_id: should be 1 to 64",
        "{\"custom_id\":\"a\",\"prompt\":\"x\"}\n{\"custom_id\":\"a\",\"prompt\":\"x\"}|line 2: custom_id 'a' is that of line 1",
        "{\"parms\":{},\"custom_id\":\"a\"}|should hold \"params\"",
        "{\"params\":{},\"custom_id\":\"a\",\"milrace\":{}}|'milrace' is not understood. Did you mean millrace?",
        "{\"params\":{\"model\":\"m\",\"messages\":[{}]}}|params.max_tokens: Field required",
        "{\"params\":{\"model\":\"m\",\"max_tokens\":1.5,\"messages\":[{}]}}|params.max_tokens: should be a whole number",
        "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[ ]}|params.messages: should be a list",
        "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}],\"stream\":true}|params.stream",
        "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}],\"custom_id\":\"a\"}|put the request under",
        "\n\n|holds no requests"
      })
  void aBadLineIsNamedAndNothingIsSubmitted(String lineAndComplaint) throws IOException {
    int bar = lineAndComplaint.lastIndexOf('|');
    desk.write("p.jsonl", lineAndComplaint.substring(0, bar));

    var ended = desk.run("p.jsonl");

    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.err()).contains(lineAndComplaint.substring(bar + 1));
    assertThat(millrace.requests()).isEmpty();
    assertThat(desk.file("r.jsonl")).doesNotExist();
    assertThat(desk.file("r.jsonl.millrace")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a,b\n1,2\n3\n|--template={{a}}|line 3: has 1 values for 2 columns",
        "a,b\n1,2\n|--template={{c}}|no such column. There are: \"a\", \"b\"",
        "a,b\n1,2\n|--template=nothing|names no column",
        "a,b\n1,2\n|--id-column=a|--template",
        "a,a\n1,2\n|--template={{a}}|same name",
        "prompt,b\n1,2\n|--id-column=c|no column 'c'",
        "prompt,b\n1,2\n\"x,2\n|--id-column=b|line 3: is no valid CSV",
        "prompt,b\n1,2\n|--id-column=b --backend=fast|--backend should be auto, batch, queue",
        "prompt,b\n1,2\n|--id-column=b --expires-in=5s|--expires-in should be a time",
        "prompt,b\n1,2\n|--id-column=b --max-cost=free|--max-cost should be dollars"
      })
  void aBadTableIsRefused(String contentAndComplaint) throws IOException {
    String[] parts = contentAndComplaint.split("\\|", 3);
    desk.write("t.csv", parts[0]);

    var ended = desk.run("t.csv", parts[1].split(" ", -1));

    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.err()).contains(parts[2]);
    assertThat(millrace.requests()).isEmpty();
  }

  @Test
  void whatIsLargeBecomesSeveralBatchesAndOneOutput() throws IOException {
    desk.write("p.jsonl", prompts(10));

    var ended = desk.run("p.jsonl", "--batch-size=4");

    assertThat(ended.exit()).isZero();
    assertThat(millrace.batches()).extracting(batch -> batch.lines.size()).containsExactly(4, 4, 2);
    assertThat(desk.answered())
        .containsExactlyInAnyOrderElementsOf(
            IntStream.rangeClosed(1, 10).mapToObj(i -> "line-" + i).toList());
  }

  @Test
  void whatFailsIsToldByTheExitCode() throws IOException {
    desk.write("p.jsonl", prompts(3));
    millrace.failing("line-2");

    var ended = desk.run("p.jsonl");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err()).contains("Finished: 1 errored, 2 succeeded");
  }

  @Test
  void aServerThatIsAwayIsAskedAgainUnderTheSameKey() throws IOException {
    desk.write("p.jsonl", prompts(2));
    millrace
        .away("POST")
        .away("POST")
        .loosingTheAnswerTo("POST")
        .away("GET")
        .cutting("GET")
        .away("GET");

    var ended = desk.run("p.jsonl");

    assertThat(ended.exit()).as(ended.err()).isZero();
    assertThat(millrace.asked("POST")).isEqualTo(4);
    assertThat(millrace.batches()).hasSize(1);
    assertThat(desk.answered()).containsExactly("line-1", "line-2");
    assertThat(ended.err()).contains("trying again. restarting", "Millrace is there again.");
  }

  @Test
  void resultsThatBreakOffGoOnBehindTheLastLine() throws IOException {
    desk.write("p.jsonl", prompts(30));
    millrace.cutting("GET /v1/messages/batches/msgbatch_1/results");

    var ended = desk.run("p.jsonl");

    assertThat(ended.exit()).as(ended.err()).isZero();
    assertThat(desk.answered()).hasSize(30).doesNotHaveDuplicates();
    assertThat(millrace.asked("GET /v1/messages/batches/msgbatch_1/results")).isEqualTo(2);
  }

  @Test
  void aRefusalNamesTheLineOfTheInput() throws IOException {
    desk.write("p.jsonl", "\n" + prompts(6));
    millrace.refusing("POST", 400, "requests.2.params.temperature: too hot");

    var ended = desk.run("p.jsonl", "--batch-size=4");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err()).contains("p.jsonl, line 4:", "too hot", "Nothing was submitted");
    assertThat(desk.file("r.jsonl.millrace")).doesNotExist();
  }

  @Test
  void nobodyThereIsToldAtOnceAndAnotherInputMayBeTriedThen() throws IOException {
    desk.write("p.jsonl", prompts(2));
    var lonely = new Desk(desk.file("."), "http://127.0.0.1:9");

    assertThat(lonely.run("p.jsonl").exit()).isEqualTo(3);
    desk.write("p.jsonl", prompts(3));
    assertThat(desk.run("p.jsonl").exit()).isZero();
    assertThat(desk.answered()).hasSize(3);
  }

  @Test
  void aDryRunIsExactAndNeedsNobody() throws IOException {
    desk.write(
        "p.jsonl",
        """
        {"model":"claude-sonnet-5-5","max_tokens":2000,"messages":[{"role":"user","content":"Why is the sky blue?"}]}
        {"model":"claude-sonnet-5-5","max_tokens":50,"messages":[{"role":"user","content":"Why is the sky blue?"}]}
        {"model":"unheard-of","max_tokens":50,"messages":[{"role":"user","content":"Why is the sky blue?"}]}
        """);

    var ended = new Desk(desk.file("."), "http://127.0.0.1:9").run("p.jsonl", "--dry-run");

    assertThat(ended.exit()).as(ended.err()).isZero();
    // 35 characters of prompt and names: 35 / 3.2 * 1.3 + 10 = 24.2, so 25 tokens of input for
    // each.
    assertThat(ended.out())
        .isEqualTo(
            """
            MODEL              ITEMS  INPUT  OUTPUT  AT MOST  BATCH USD  AT MOST  QUEUE USD  AT MOST
            claude-sonnet-5-5  2      50     1074    2050     0.0055     0.0103   0.0109     0.0206
            unheard-of         1      25     50      50       unknown    unknown  unknown    unknown
            all                3      75     1124    2100     unknown    unknown  unknown    unknown

            3 requests in 1 batch, 0.0 MB. Nothing was submitted.
            Input is estimated on the high side, without cache. Output is a guess of at most 1,024 tokens a request;
            "at most" is what it costs if every answer is as long as its max_tokens.
            """);
    assertThat(desk.file("r.jsonl")).doesNotExist();
  }

  @Test
  void whatIsTooDearIsNotSubmitted() throws IOException {
    desk.write("p.jsonl", prompts(100));

    var ended = desk.run("p.jsonl", "--model=claude-opus-5-5", "--max-cost", "1.00");
    var unpriced = desk.run("p.jsonl", "--model=unheard-of", "--max-cost", "1.00");
    var priced =
        desk.run(
            "p.jsonl",
            "--model=unheard-of",
            "--max-cost=100",
            "--millrace.models.unheard-of.input=1",
            "--millrace.models.unheard-of.output=1",
            "--dry-run");

    assertThat(ended.exit()).isEqualTo(2);
    // 100 × 1,024 tokens of output at $10 a million, and some input.
    assertThat(ended.err()).contains("about $1.03", "more than --max-cost $1.00");
    assertThat(unpriced.err()).contains("no known price for unheard-of");
    assertThat(priced.out()).contains("0.");
    assertThat(millrace.requests()).isEmpty();
  }

  @Test
  void whatGetsTooDearIsCanceled() throws IOException {
    desk.write("p.jsonl", prompts(9));
    millrace.ending(2).costing("0.30");

    var ended = desk.run("p.jsonl", "--max-cost=1", "--batch-size=5");
    var again = desk.run("p.jsonl", "--max-cost=1", "--batch-size=5");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err())
        .contains("$1.80 are spent, more than --max-cost $1.00", "Stopped for its cost");
    assertThat(millrace.asked("POST /v1/messages/batches/msgbatch_1/cancel"))
        .isLessThanOrEqualTo(1);
    assertThat(again.exit()).isEqualTo(1);
    assertThat(again.err()).contains("complete already", "Stopped for its cost");
  }

  @Test
  void progressIsShownAsItIsWanted() throws IOException {
    desk.write("p.jsonl", prompts(4));
    millrace.ending(1);

    var plain = desk.run("p.jsonl");
    var bar = desk.watched().run("p.jsonl", "--new");
    var json = desk.run("p.jsonl", "--new", "--json");
    var quiet = desk.run("p.jsonl", "--new", "--quiet");

    assertThat(plain.err()).contains("1 of 4 done, 0 failed").doesNotContain("\r");
    assertThat(bar.err()).contains("\r\033[K 25% [###---------] 1 of 4 done");
    assertThat(json.out().lines().toList().getLast())
        .startsWith(
            "{\"type\":\"bulk_end\",\"status\":\"succeeded\",\"items\":4,\"submitted\":4,\"succeeded\":4,")
        .contains("\"cost\":\"0.040000\"");
    assertThat(quiet.out() + quiet.err()).isEmpty();
  }

  @Test
  void theOutputOfSomethingElseIsLeftAlone() throws IOException {
    desk.write("p.jsonl", prompts(1));
    desk.write("r.jsonl", "my notes\n");

    assertThat(desk.run("p.jsonl").exit()).isEqualTo(2);
    assertThat(desk.file("r.jsonl")).hasContent("my notes\n");

    desk.write("r.jsonl", FakeBatches.line("a", "succeeded", 1));
    var ended = desk.run("p.jsonl");
    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.err()).contains("--new");
    assertThat(desk.answered()).containsExactly("a");
  }

  @Test
  void aKeyThatIsTooOldIsNotTried() throws IOException {
    desk.write("p.jsonl", prompts(1));
    Desk.Ended stopped =
        desk.run(stop -> millrace.before(stop::ask).loosingTheAnswerTo("POST"), "p.jsonl");
    millrace.before(() -> {});

    var late = desk.later(Duration.ofHours(24)).run("p.jsonl");

    assertThat(stopped.exit()).as(stopped.err()).isEqualTo(4);
    assertThat(late.exit()).isEqualTo(2);
    assertThat(late.err()).contains("too late to find out", "--new");
    assertThat(millrace.batches()).hasSize(1);
  }
}
