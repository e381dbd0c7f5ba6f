package io.millrace.cli.bulk;

import io.millrace.cli.bulk.Plan.Part;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a run is: what is noted beside the output. Whoever writes it down has put on the disk
 * before what it says.
 */
final class RunState {

  final String input;
  final String inputSha256;
  final Map<String, String> sent;
  final List<PartState> parts = new ArrayList<>();

  /** The most that may be spent, or null. */
  @Nullable BigDecimal maxCost;

  /** How long the output is at least. */
  long outputLength;

  /** It was ended because of its cost: what is not submitted yet never will be. */
  boolean stopped;

  /** All that can be had is in the output. */
  boolean finished;

  /** A batch of the run. */
  static final class PartState {

    final Part part;
    final String key;

    /** From when on the server may know it. */
    @Nullable Instant sendingSince;

    /** Its name there, once that is known. */
    @Nullable String id;

    /** Behind which its results go on. */
    @Nullable String cursor;

    /** All its results are in the output. */
    boolean complete;

    Tally seen = Tally.NONE;

    PartState(Part part, String key) {
      this.part = part;
      this.key = key;
    }
  }

  RunState(String input, String inputSha256, Map<String, String> sent) {
    this.input = input;
    this.inputSha256 = inputSha256;
    this.sent = sent;
  }

  /**
   * A run at its beginning. The same content under the same options gets the same keys, so that
   * even a run of which nobody knows any more is not paid for twice by mistake.
   *
   * @param generation told apart from other runs by this; empty if it need not be
   */
  static RunState begin(
      String input, String inputSha256, Map<String, String> sent, Plan plan, String generation) {
    var state = new RunState(input, inputSha256, sent);
    for (Part part : plan.parts()) {
      String identity = "%s\n%s\n%s".formatted(part.sha256(), sent, generation);
      MessageDigest digest = Sha256.begin();
      digest.update(identity.getBytes(StandardCharsets.UTF_8));
      state.parts.add(new PartState(part, "bulk-" + HexFormat.of().formatHex(digest.digest())));
    }
    return state;
  }

  long items() {
    return parts.stream().mapToLong(part -> part.part.items()).sum();
  }

  /** Items whose batches the server has. */
  long submitted() {
    return parts.stream()
        .filter(part -> part.id != null)
        .mapToLong(part -> part.part.items())
        .sum();
  }

  /** Of all batches, as they were seen last. */
  Tally tally() {
    return parts.stream().map(part -> part.seen).reduce(Tally.NONE, Tally::plus);
  }

  /** The batches that the server has. */
  List<String> ids() {
    return parts.stream()
        .filter(part -> part.id != null)
        .map(part -> String.valueOf(part.id))
        .toList();
  }

  /** Those of them whose results are not all there. */
  List<PartState> open() {
    return parts.stream().filter(part -> part.id != null && !part.complete).toList();
  }

  boolean isSubmitted() {
    return parts.stream().allMatch(part -> part.id != null);
  }
}
