package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.Shell.Ended;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UsageTest {

  private FakeMillrace millrace;

  @BeforeEach
  void start() throws IOException {
    millrace = new FakeMillrace();
  }

  @AfterEach
  void stop() {
    millrace.close();
  }

  @Test
  void usageIsATable() {
    millrace.answer(200, answer(2, 0, 0, "\"0.0123\""));

    Ended ended =
        run("usage", "--from", "2026-11-01T02:00:00+02:00", "--group-by", "model,user_id");

    assertThat(ended.exit()).isZero();
    assertThat(ended.out())
        .isEqualTo(
            """
            model             user_id  calls  input  cache read  cache write  output     USD  suspected USD
            claude-haiku-5-5  -            2   1200           5            6      34  0.0123       0.000000
            total                          2   1200           5            6      34  0.0123       0.000000
            """);
    assertThat(ended.err()).isEqualTo("From 2026-11-01T00:00:00Z to 2026-11-02T00:00:00Z, UTC.\n");
    assertThat(millrace.requests().getFirst().uri())
        .isEqualTo("/v1/usage?from=2026-11-01T02%3A00%3A00%2B02%3A00&group_by=model%2Cuser_id");
  }

  @Test
  void whatHasNoPriceIsTold() {
    millrace.answer(200, answer(3, 3, 1, "null"));

    Ended ended = run("usage");

    assertThat(ended.out()).contains("unknown");
    assertThat(ended.err()).contains("3 calls have no known price", "1 calls without an answer");
  }

  @Test
  void theAnswerItselfCanBeHad() {
    String answer = answer(2, 0, 0, "\"0.0123\"");
    millrace.answer(200, answer);

    assertThat(run("usage", "--json").out()).isEqualTo(answer + "\n");
  }

  @Test
  void aRefusalIsToldInTheServersWords() {
    millrace.answer(400, FakeMillrace.refusal("invalid_request_error", "from: Should be a day"));

    Ended ended = run("usage", "--from", "soon");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err()).isEqualTo("millrace: from: Should be a day\n");
  }

  @Test
  void aMillraceThatIsAwayExitsWith3() {
    millrace.close();

    assertThat(run("usage").exit()).isEqualTo(3);
  }

  private Ended run(String... arguments) {
    return new Shell().with("MILLRACE_URL", millrace.url()).run(arguments);
  }

  private static String answer(int calls, int unpriced, int suspected, String amount) {
    String sum =
        """
        "calls":%d,"unpriced_calls":%d,"suspected_calls":%d,"unpriced_suspected_calls":0,
        "usage":{"input_tokens":1200,"output_tokens":34,"cache_read_input_tokens":5,"cache_creation_input_tokens":6},
        "cost":{"currency":"USD","amount":%s,"suspected":"0.000000"}}
        """
            .formatted(calls, unpriced, suspected, amount);
    return """
    {"type":"usage","from":"2026-11-01T00:00:00Z","to":"2026-11-02T00:00:00Z","group_by":["model","user_id"],
     "data":[{"model":"claude-haiku-5-5","user_id":null,\
    """
        + sum
        + "],\"total\":{"
        + sum
        + "}";
  }
}
