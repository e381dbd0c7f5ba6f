package io.millrace.cli.bulk;

import io.millrace.cli.bulk.RunOptions.Switch;
import io.millrace.cli.terminal.Misused;
import io.millrace.model.ModelCatalogue;
import io.millrace.model.UnusableModelSetting;
import io.millrace.money.CallMode;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Clock;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Begins a run, or goes on with the one whose notes are there. */
record Opening(RunOptions options, Input input, Clock clock) {

  /**
   * What is to be sent.
   *
   * @throws Misused if a line of the input cannot be
   */
  Plan plan() throws IOException {
    try (Items items = input.items(options.form(input.name()), options.table(input))) {
      var bill = new Bill(ModelCatalogue.configured(options.prices()), clock.instant());
      return Plan.of(items, input.name(), options.limits(), bill);
    } catch (UnusableModelSetting unusable) {
      throw new Misused(String.valueOf(unusable.getMessage()));
    }
  }

  /**
   * The notes of the run, those on the disk included.
   *
   * @throws Misused if there are others, or the run may not begin
   */
  Logbook open(StateFile file, Output output, Display display) throws IOException {
    boolean anew = options.isOn(Switch.NEW);
    RunState state = anew ? null : file.read();
    String sha256 = input.sha256();
    if (state != null && isUnsent(state) && !isSame(state, sha256)) {
      state = null;
    }
    if (state == null) {
      return begin(file, output, sha256, display);
    }
    refuseOther(state, sha256, file);
    if (options.maxCost() != null) {
      state.maxCost = options.maxCost();
    }
    if (output.length() < state.outputLength) {
      display.note("Lines are missing in the output; they are fetched again.");
      state.parts.forEach(Watching::forget);
      state.finished = false;
      state.outputLength = output.length();
    }
    if (!state.finished) {
      display.note(
          Standing.format(
              "Going on: %,d of %,d requests are submitted, %,d results are there.",
              state.submitted(), state.items(), output.lines()));
    }
    var logbook = new Logbook(file, state);
    logbook.note();
    return logbook;
  }

  private Logbook begin(StateFile file, Output output, String sha256, Display display)
      throws IOException {
    boolean anew = options.isOn(Switch.NEW);
    if (!anew && output.length() > 0) {
      throw new Misused(
          "%s holds results already, and the notes of their run are not there. Name another file, or begin again with --new, which empties it."
              .formatted(options.output()));
    }
    Plan plan = plan();
    refuseTooDear(plan.bill());
    if (anew) {
      leave(file, display);
      output.clear();
    }
    RunState state =
        RunState.begin(
            input.name(), sha256, options.sent(), plan, anew ? UUID.randomUUID().toString() : "");
    state.maxCost = options.maxCost();
    var logbook = new Logbook(file, state);
    logbook.note();
    return logbook;
  }

  /** Whoever begins again should know what still runs, and costs. */
  private static void leave(StateFile file, Display display) throws IOException {
    @Nullable RunState former;
    try {
      former = file.read();
    } catch (Misused damaged) {
      former = null;
    }
    List<String> running =
        former == null
            ? List.of()
            : former.open().stream().map(part -> String.valueOf(part.id)).toList();
    if (!running.isEmpty()) {
      display.note(
          "What the former run submitted goes on. To cancel it: ./millrace bulk cancel "
              + String.join(" ", running));
    }
    file.delete();
  }

  private static boolean isUnsent(RunState state) {
    return state.parts.stream().allMatch(part -> part.id == null && part.sendingSince == null);
  }

  private boolean isSame(RunState state, String sha256) {
    return state.inputSha256.equals(sha256) && state.sent.equals(options.sent());
  }

  private void refuseOther(RunState state, String sha256, StateFile file) {
    var differing = new TreeSet<>(state.sent.keySet());
    differing.addAll(options.sent().keySet());
    differing.removeIf(
        option -> java.util.Objects.equals(state.sent.get(option), options.sent().get(option)));
    String why;
    if (!state.inputSha256.equals(sha256)) {
      why = "of another input (%s)".formatted(state.input);
    } else if (!differing.isEmpty()) {
      String option = differing.first();
      why =
          "with %s %s, now %s"
              .formatted(option, shown(state.sent.get(option)), shown(options.sent().get(option)));
    } else {
      return;
    }
    throw new Misused(
        "%s is the output of a run %s, says %s. Give what it was begun with to go on, name another output, or begin again with --new."
            .formatted(options.output(), why, file));
  }

  private static String shown(@Nullable String value) {
    return value == null ? "not set" : "'%s'".formatted(value.replaceAll("\\s+", " "));
  }

  private void refuseTooDear(Bill bill) {
    BigDecimal most = options.maxCost();
    if (most == null) {
      return;
    }
    CallMode mode = options.mode();
    List<String> unpriced = bill.unpriced(mode);
    if (!unpriced.isEmpty()) {
      throw new Misused(
          "There is no known price for %s, so --max-cost cannot be kept to; --millrace.models.<model>.input and .output give one."
              .formatted(String.join(", ", unpriced)));
    }
    Bill.Costs costs = bill.total().of(mode);
    if (costs != null && costs.guess().compareTo(most) > 0) {
      throw new Misused(
          "This will cost about %s (at most %s), more than --max-cost %s. Nothing was submitted. --dry-run shows how that comes about."
              .formatted(
                  Standing.dollars(costs.guess()),
                  Standing.dollars(costs.bound()),
                  Standing.dollars(most)));
    }
  }
}
