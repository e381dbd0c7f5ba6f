package io.millrace.cli.bulk;

import io.millrace.cli.bulk.RunState.PartState;
import io.millrace.cli.client.Server.Answer;
import io.millrace.cli.client.ShowJob;
import io.millrace.cli.client.Unreachable;
import io.millrace.cli.terminal.Misused;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Hands in what is not handed in yet, batch by batch. Before each it is noted that it may be there
 * from now on, and after it what its name is; between the two its key makes a second time the
 * first.
 */
final class Submitting {

  // The server remembers keys for a day.
  private static final Duration KEY_HOLDS = Duration.ofHours(23);
  private static final Pattern PLACE =
      Pattern.compile("\\brequests\\.(\\d{1,9})\\b|\\bline (\\d{1,9})\\b");

  private final Calls calls;
  private final Logbook logbook;
  private final Display display;
  private final Clock clock;
  private final Content content;

  /**
   * What is sent.
   *
   * @param spool where a batch is written before it goes
   * @param query the terms of each batch
   */
  record Content(
      Input input, ItemForm form, Input.@Nullable Table table, Path spool, String query) {

    Items items() throws IOException {
      return input.items(form, table);
    }
  }

  /** Done after each batch. */
  interface Then {
    void look() throws IOException, InterruptedException;
  }

  Submitting(Calls calls, Logbook logbook, Display display, Clock clock, Content content) {
    this.calls = calls;
    this.logbook = logbook;
    this.display = display;
    this.clock = clock;
    this.content = content;
  }

  /** Until all are handed in, or the run is stopped for its cost. */
  void run(Then then) throws IOException, InterruptedException {
    try (Items items = content.items()) {
      for (PartState part : logbook.state().parts) {
        if (logbook.state().stopped || logbook.state().isSubmitted()) {
          return;
        }
        write(part, items);
        if (part.id == null) {
          submit(part);
          then.look();
        }
      }
    } finally {
      Files.deleteIfExists(content.spool());
    }
  }

  /** Goes over the items of one, and writes them down if they are to be sent. */
  private void write(PartState part, Items items) throws IOException {
    MessageDigest digest = Sha256.begin();
    OutputStream sink =
        part.id == null
            ? new FileOutputStream(content.spool().toFile())
            : OutputStream.nullOutputStream();
    try (var out = new DigestOutputStream(new BufferedOutputStream(sink, 1 << 16), digest)) {
      for (int i = 0; i < part.part.items(); i++) {
        Item item = items.next();
        if (item == null) {
          throw changed();
        }
        out.write(item.json());
        out.write('\n');
      }
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(part.part.sha256())) {
      throw changed();
    }
  }

  private Misused changed() {
    return new Misused(content.input().name() + " changed while it was read.");
  }

  private void submit(PartState part) throws IOException, InterruptedException {
    Instant before = part.sendingSince;
    if (before != null && before.plus(KEY_HOLDS).isBefore(clock.instant())) {
      throw new Misused(
          "A batch of %,d requests was being sent at %s when this run was broken off, and it is too late to find out by its key whether it arrived. Look for it: ./millrace bulk list. Bring its results by ./millrace bulk results, or submit everything again with --new."
              .formatted(part.part.items(), before));
    }
    if (before == null) {
      part.sendingSince = clock.instant();
      logbook.note();
    }
    Answer answer = upload(part, before);
    Batch batch = Batch.of(answer.body());
    if (batch == null) {
      throw new Refused("", answer);
    }
    part.id = batch.id();
    logbook.note();
    if (before == null && answer.isReplayed()) {
      display.note(
          "%s was submitted within the last day with the same content and options; its results are used. --new submits it again."
              .formatted(batch.id()));
    }
  }

  private Answer upload(PartState part, @Nullable Instant before)
      throws IOException, InterruptedException {
    String query = content.query();
    try {
      return calls.upload(
          "/v1/messages/batches" + (query.isEmpty() ? "" : "?" + query), content.spool(), part.key);
    } catch (Unreachable nobody) {
      if (before == null && nobody.getCause() instanceof ConnectException) {
        part.sendingSince = null;
        logbook.note();
      }
      throw nobody;
    } catch (Refused refused) {
      throw new Refused(place(part, ShowJob.message(refused.answer())), refused.answer());
    }
  }

  /** Where in the input that is which the server complains of: it only knows the batch. */
  private String place(PartState wanted, String complaint) throws IOException {
    Matcher place = PLACE.matcher(complaint);
    if (!place.find()) {
      return "";
    }
    long index =
        place.group(1) != null
            ? Long.parseLong(place.group(1))
            : Long.parseLong(place.group(2)) - 1;
    for (PartState part : logbook.state().parts) {
      if (part == wanted) {
        break;
      }
      index += part.part.items();
    }
    try (Items items = content.items()) {
      Item item = items.next();
      for (long i = 0; i < index && item != null; i++) {
        item = items.next();
      }
      return item == null ? "" : "%s, line %d: ".formatted(content.input().name(), item.line());
    }
  }
}
