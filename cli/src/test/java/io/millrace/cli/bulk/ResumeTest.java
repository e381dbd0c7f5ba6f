package io.millrace.cli.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A run that is broken off goes on: nothing twice, nothing lost. */
class ResumeTest {

  private static final int ITEMS = 11;
  private static final List<String> ALL =
      IntStream.rangeClosed(1, ITEMS).mapToObj(i -> "line-" + i).toList();

  private FakeBatches millrace;
  private Desk desk;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    millrace = new FakeBatches().ending(2);
    desk = new Desk(directory, millrace.url());
    desk.write(
        "p.jsonl",
        IntStream.rangeClosed(1, ITEMS)
            .mapToObj(i -> "{\"prompt\":\"number %d\"}\n".formatted(i))
            .collect(Collectors.joining()));
  }

  @AfterEach
  void stop() {
    millrace.close();
  }

  private Desk.Ended run() {
    return desk.run("p.jsonl", "--batch-size=5");
  }

  private void verifyWhole() throws IOException {
    var last = run();
    assertThat(last.exit()).as(last.err()).isZero();
    assertThat(desk.answered()).containsExactlyInAnyOrderElementsOf(ALL);
    assertThat(millrace.batches()).hasSize(3);
  }

  static IntStream steps() {
    return IntStream.rangeClosed(1, 24);
  }

  /** The process is stopped while the server handles its n-th request, and again at each n-th. */
  @ParameterizedTest
  @MethodSource("steps")
  void stoppedAtEveryStepItGoesOn(int step) throws IOException {
    int exit = 4;
    int runs = 0;
    while (exit == 4 && runs++ < 200) {
      var ended =
          desk.run(
              stop -> {
                var left = new AtomicInteger(step);
                millrace.before(() -> {
                  if (left.decrementAndGet() == 0) {
                    stop.ask();
                  }
                });
              },
              "p.jsonl",
              "--batch-size=5");
      exit = ended.exit();
      assertThat(exit).as(ended.err()).isIn(0, 4);
      if (exit == 4) {
        assertThat(ended.err()).contains("To go on: the same command again.");
      }
      if (step < 3 && runs == 20) {
        // So early that it would never come to an end.
        break;
      }
    }
    millrace.before(() -> {});
    verifyWhole();
  }

  /**
   * A process that is killed leaves the notes of an earlier moment, or an output of a later one.
   */
  @ParameterizedTest
  @MethodSource("steps")
  void killedAtEveryStepItGoesOn(int step) throws IOException {
    var copies = new java.util.ArrayList<byte[][]>();
    millrace.before(() -> {
      if (copies.size() < step && Files.exists(desk.file("r.jsonl.millrace"))) {
        copies.add(new byte[][] {bytes("r.jsonl.millrace"), bytes("r.jsonl")});
      }
    });
    assertThat(run().exit()).isZero();
    millrace.before(() -> {});
    byte[][] then = copies.getLast();

    // The notes as they were, and the output as it was, a line of a later time torn behind it.
    Files.write(desk.file("r.jsonl.millrace"), then[0]);
    byte[] later = bytes("r.jsonl");
    int length = Math.min(later.length, then[1].length + 30);
    Files.write(desk.file("r.jsonl"), java.util.Arrays.copyOf(later, length));

    verifyWhole();
  }

  private byte[] bytes(String name) {
    try {
      return Files.readAllBytes(desk.file(name));
    } catch (IOException unread) {
      throw new AssertionError(unread);
    }
  }

  @ParameterizedTest
  @MethodSource("steps")
  void anOutputThatLostItsEndIsFilledUp(int lost) throws IOException {
    assertThat(run().exit()).isZero();
    try (var file = new RandomAccessFile(desk.file("r.jsonl").toFile(), "rw")) {
      file.setLength(file.length() * (24 - lost) / 24);
    }

    verifyWhole();
  }

  @Test
  void aFinishedRunSaysSoAndAsksNobody() throws IOException {
    assertThat(run().exit()).isZero();
    int asked = millrace.requests().size();

    var again = run();

    assertThat(again.exit()).isZero();
    assertThat(again.err()).contains("complete already", "Finished: 11 succeeded");
    assertThat(millrace.requests()).hasSize(asked);
  }

  @Test
  void anAnswerThatWasLostIsAskedForAgainByTheSameKey() throws IOException {
    var stopped =
        desk.run(
            stop -> millrace.before(stop::ask).loosingTheAnswerTo("POST"),
            "p.jsonl",
            "--batch-size=5");
    millrace.before(() -> {});
    assertThat(stopped.exit()).as(stopped.err()).isEqualTo(4);
    assertThat(stopped.err()).contains("0 of 11 requests are submitted");

    verifyWhole();
  }

  @Test
  void whoLostTheNotesIsNotBilledTwice() throws IOException {
    assertThat(run().exit()).isZero();
    Files.delete(desk.file("r.jsonl"));
    Files.delete(desk.file("r.jsonl.millrace"));

    var again = run();

    assertThat(again.err()).contains("msgbatch_1 was submitted within the last day");
    verifyWhole();
  }

  @Test
  void newBeginsAgain() throws IOException {
    assertThat(run().exit()).isZero();

    var again = desk.run("p.jsonl", "--batch-size=5", "--new");

    assertThat(again.exit()).isZero();
    assertThat(desk.answered()).containsExactlyInAnyOrderElementsOf(ALL);
    assertThat(millrace.batches()).hasSize(6);
  }

  @Test
  void anotherInputOrOtherOptionsAreRefused() throws IOException {
    assertThat(run().exit()).isZero();

    var options = desk.run("p.jsonl", "--batch-size=5", "--lane=standard");
    desk.write("p.jsonl", "{\"prompt\":\"x\"}");
    var input = run();

    assertThat(options.exit()).isEqualTo(2);
    assertThat(options.err()).contains("with --lane not set, now 'standard'", "--new");
    assertThat(input.exit()).isEqualTo(2);
    assertThat(input.err()).contains("of another input", "--new");
    assertThat(desk.answered()).containsExactlyInAnyOrderElementsOf(ALL);
  }

  @Test
  void damagedNotesAreTold() throws IOException {
    desk.write("r.jsonl.millrace", "{\"version\":1,\"inp");

    var ended = run();

    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.err()).contains("r.jsonl.millrace is damaged", "--new");
  }

  @Test
  void twoRunsDoNotWriteIntoOneOutput() throws IOException {
    try (var other = Output.open(desk.file("r.jsonl"))) {
      assertThat(other.lines()).isZero();

      var ended = run();

      assertThat(ended.exit()).isEqualTo(2);
      assertThat(ended.err()).contains("Another ./millrace writes to");
    }
  }

  @Test
  void aCursorThatLeadsAstrayLosesNothing() throws IOException {
    millrace.ending(100);
    assertThat(run().exit()).isZero();
    String notes = Files.readString(desk.file("r.jsonl.millrace"));
    Files.writeString(
        desk.file("r.jsonl.millrace"),
        notes
            .replace("\"finished\":true", "\"finished\":false")
            .replaceFirst("\"output_length\":\\d+", "\"output_length\":0"));
    Files.writeString(desk.file("r.jsonl"), "");

    verifyWhole();
  }
}
