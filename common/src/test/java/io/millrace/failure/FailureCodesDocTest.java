package io.millrace.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FailureCodesDocTest {
  private static final Path PAGE = Path.of("..", "docs", "failure-codes.md");

  @Test
  void thePageListsEveryCode() throws IOException {
    if (Boolean.getBoolean("millrace.docs.write")) {
      Files.createDirectories(PAGE.getParent());
      Files.writeString(PAGE, page());
    }

    assertThat(PAGE).as("rewrite it with -Dmillrace.docs.write=true").content().isEqualTo(page());
  }

  @Test
  void codesAreFoundByTheirName() {
    for (FailureCode code : FailureCode.values()) {
      assertThat(FailureCode.fromWireName(code.wireName())).hasValue(code);
      assertThat(code.wireName()).matches("[a-z0-9_]+");
    }
    assertThat(FailureCode.fromWireName("no_such_code")).isEmpty();
  }

  private static String page() {
    return """
    # Failure codes

    Written from `FailureCode` by its test; edit the code, not this page. A job's `failure` has
    `code`, `class` and `message`; the class decides what happens next.

    | class | what happens | counts towards `max_attempts` |
    |---|---|---|
    """
        + Stream.of(FailureClass.values())
            .map(FailureCodesDocTest::row)
            .collect(Collectors.joining())
        + """

        | code | class | meaning |
        |---|---|---|
        """
        + Stream.of(FailureCode.values())
            .map(code ->
                "| `%s` | %s | %s |\n"
                    .formatted(code.wireName(), code.failureClass().wireName(), code.description()))
            .collect(Collectors.joining());
  }

  private static String row(FailureClass failureClass) {
    String what =
        switch (failureClass) {
          case RETRYABLE -> "the call is made again after a growing, random wait";
          case RATE_LIMITED -> "the job waits for `retry-after` and its turn";
          case AMBIGUOUS -> "as `on_ambiguous` says: made again, or failed; the cost is suspected";
          case PLATFORM -> "the pool pauses, the job stays queued";
          case PERMANENT -> "the job fails";
          case ENDED -> "the job has ended";
        };
    return "| %s | %s | %s |\n"
        .formatted(failureClass.wireName(), what, failureClass.countsAsAttempt() ? "yes" : "no");
  }
}
