package io.millrace.cli.recompute;

import io.millrace.claude.classify.RawUsage;
import io.millrace.db.usage.Corrections;
import io.millrace.db.usage.Corrections.BookedCall;
import io.millrace.db.usage.Corrections.Correction;
import io.millrace.db.usage.Corrections.Position;
import io.millrace.model.ModelCatalogue;
import io.millrace.money.CallMode;
import io.millrace.money.Cost;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Prices recorded calls again and corrects the books where they differ. Each page is one statement
 * that reads and one that adds; stopped anywhere, it has done its work up to there.
 */
final class Recompute {

  private static final int PAGE = 2_000;

  private final Corrections corrections;
  private final ModelCatalogue catalogue;
  private final Wanted wanted;

  /**
   * Which calls, and whether to add anything.
   *
   * @param model an id as it was asked for, or the one that it stands for
   */
  record Wanted(Instant from, Instant to, @Nullable String model, boolean dryRun) {}

  Recompute(Corrections corrections, ModelCatalogue catalogue, Wanted wanted) {
    this.corrections = corrections;
    this.catalogue = catalogue;
    this.wanted = wanted;
  }

  /** Goes through all calls, and tells how far it is after each page. */
  Tally run(Consumer<Tally> progress) {
    var tally = new Tally();
    Position position = Position.START;
    while (position != null) {
      var page = corrections.page(position, wanted.to(), PAGE);
      tally.read(page.read());
      List<Correction> due = new ArrayList<>();
      page.calls().stream().filter(this::isWanted).forEach(call -> check(call, due, tally));
      int added = wanted.dryRun() ? due.size() : corrections.add(due);
      // Who corrected the same calls meanwhile has the same prices, or will be corrected next time.
      tally.added(added);
      progress.accept(tally);
      position = page.next();
    }
    return tally;
  }

  private void check(BookedCall call, List<Correction> due, Tally tally) {
    Optional<Cost> priced =
        RawUsage.read(call.rawUsage())
            .flatMap(usage ->
                catalogue
                    .price(
                        call.model(),
                        usage,
                        call.startedAt(),
                        call.inBatch() ? CallMode.BATCH : CallMode.SINGLE)
                    .known());
    if (priced.isEmpty()) {
      tally.unpriced(call);
      return;
    }
    Cost cost = priced.get();
    BigDecimal booked = call.amount() == null ? BigDecimal.ZERO : call.amount();
    BigDecimal difference = cost.amount().subtract(booked);
    if (call.amount() != null && difference.signum() == 0) {
      tally.right();
      return;
    }
    tally.wrong(call, difference, cost.priceVersion());
    due.add(new Correction(call, difference, cost.priceVersion()));
  }

  private boolean isWanted(BookedCall call) {
    String model = wanted.model();
    return !call.incurredAt().isBefore(wanted.from())
        && call.incurredAt().isBefore(wanted.to())
        && (model == null || call.model().equals(model) || id(call.model()).equals(id(model)));
  }

  private String id(String model) {
    return catalogue.model(model).map(known -> known.id()).orElse(model);
  }
}
