package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {

  @Test
  void withoutACommandTheHelpIsShown() {
    var ended = new Shell().run();

    assertThat(ended.exit()).isZero();
    assertThat(ended.out()).contains("submit", "MILLRACE_URL");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "list",
        "results",
        "up",
        "infra",
        "api",
        "worker",
        "submit",
        "get",
        "usage",
        "recompute",
        "reseal",
        "test",
        "bench",
        "keys",
        "tenants",
        "limits",
        "webhooks",
        "bulk"
      })
  void everyCommandIsExplained(String command) {
    String explained = new Shell().run(command, "--help").out();

    assertThat(explained).startsWith("Usage: ./millrace " + command);
    assertThat(new Shell().run("help", command).out()).isEqualTo(explained);
    assertThat(new Shell().run("help").out()).contains("\n  " + command + " ");
  }

  @Test
  void theVersionIsTold() {
    assertThat(new Shell().run("--version").out()).matches("millrace \\d+\\.\\d+\\.\\d+.*\\s+");
  }

  @Test
  void aMistypedCommandIsGuessed() {
    var ended = new Shell().run("sumbit", "hello");

    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).contains("no command 'sumbit'. Did you mean submit?");
  }

  @Test
  void aWordThatIsNearNothingIsNotGuessed() {
    assertThat(new Shell().run("frobnicate").err()).doesNotContain("Did you mean");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "up --prot 1",
        "up --port",
        "up --port 70000",
        "up now",
        "up --millrace.lease 3s",
        "infra --kafka-port x",
        "infra --latency fast",
        "worker --slots 3",
        "get",
        "get xyz",
        "submit",
        "submit a b",
        "submit hi --wait --no-wait",
        "submit --json=yes hi",
        "submit none.json",
        "get job_1 --wait soon",
        "get job_1 --wait 1 --attempts",
        "list now",
        "list --limit 0",
        "results --all",
        "usage model",
        "usage --group",
        "recompute --from yesterday",
        "recompute --from 2026-11-02 --to 2026-11-01",
        "recompute now",
        "limits freeze",
        "limits list sonnet-5-5",
        "limits pause",
        "limits pause a b",
        "limits resume a --reason b",
        "bulk",
        "bulk go",
        "bulk run",
        "bulk run p.jsonl",
        "bulk run p.jsonl q.jsonl -o r",
        "bulk run none.jsonl -o target/none-results",
        "bulk run p.jsonl -o -",
        "bulk run p.jsonl -o r --backend slow",
        "bulk run p.jsonl -o r --max-cost -1",
        "bulk run p.jsonl -o r --millrace.lease=3s",
        "bulk status job_1",
        "bulk list now",
        "bulk cancel",
        "bulk delete ../x",
        "bulk results msgbatch_1 msgbatch_2",
        "webhooks frobnicate",
        "webhooks create",
        "webhooks delete",
        "webhooks delete ../x",
        "webhooks test ep_1 --overlap 3",
        "webhooks rotate ep_1 --overlap 604801",
        "webhooks replay",
        "webhooks secret --overlap 3",
        "webhooks replay msg_1 --status failed"
      })
  void whatIsNotUnderstoodExitsWith2AndPointsToTheHelp(String line) {
    var ended = new Shell().run(line.split(" "));

    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.err()).startsWith("millrace: ").contains("--help");
  }

  @Test
  void aServiceSaysWhatItNeeds() {
    var ended = new Shell().run("worker");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err()).startsWith("millrace: SPRING_DATASOURCE_URL is not set");
  }
}
