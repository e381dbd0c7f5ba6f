package io.millrace.cli.bulk;

import io.millrace.cli.bulk.Bill.Costs;
import io.millrace.cli.bulk.Bill.Sums;
import io.millrace.cli.bulk.RunOptions.Switch;
import io.millrace.cli.client.Json;
import io.millrace.cli.client.RawObject;
import io.millrace.cli.client.Table;
import io.millrace.cli.terminal.Terminal;
import io.millrace.money.Dollars;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a run would send and cost, for somebody who has not spent anything yet. */
record Estimates(Plan plan, RunOptions options) {

  private static final String UNKNOWN = "unknown";

  void print(Terminal terminal) {
    if (options.isOn(Switch.JSON)) {
      byte[] line = json();
      terminal.out().write(line, 0, line.length);
      terminal.out().println();
    } else {
      table().lines(true).forEach(terminal.out()::println);
      terminal
          .out()
          .println(
              """

              %,d requests in %d batch%s, %.1f MB. Nothing was submitted.
              Input is estimated on the high side, without cache. Output is a guess of at most 1,024 tokens a request;
              "at most" is what it costs if every answer is as long as its max_tokens.\
              """
                  .formatted(
                      plan.items(),
                      plan.parts().size(),
                      plan.parts().size() == 1 ? "" : "es",
                      plan.parts().stream().mapToLong(Plan.Part::bytes).sum() / 1e6));
    }
    terminal.out().flush();
  }

  private Table table() {
    var table =
        new Table(
            "MODEL",
            "ITEMS",
            "INPUT",
            "OUTPUT",
            "AT MOST",
            "BATCH USD",
            "AT MOST",
            "QUEUE USD",
            "AT MOST");
    Map<String, Sums> models = plan.bill().models();
    models.forEach((model, sums) -> row(table, model, sums));
    if (models.size() > 1) {
      row(table, "all", plan.bill().total());
    }
    return table;
  }

  private static void row(Table table, String model, Sums sums) {
    table.row(
        model,
        sums.items,
        sums.input,
        sums.outputGuess,
        sums.outputBound,
        usd(sums.batch == null ? null : sums.batch.guess()),
        usd(sums.batch == null ? null : sums.batch.bound()),
        usd(sums.queue == null ? null : sums.queue.guess()),
        usd(sums.queue == null ? null : sums.queue.bound()));
  }

  /** Up to the next hundredth of a cent. */
  private static String usd(@Nullable BigDecimal amount) {
    return amount == null ? UNKNOWN : amount.setScale(4, RoundingMode.UP).toPlainString();
  }

  private byte[] json() {
    var models = new ByteArrayOutputStream();
    models.write('[');
    plan.bill()
        .models()
        .forEach((model, sums) -> {
          if (models.size() > 1) {
            models.write(',');
          }
          models.writeBytes(sums(new RawObject().text("model", model), sums).bytes());
        });
    models.write(']');
    var object = new RawObject().text("type", "bulk_estimate");
    object.put("batches", number(plan.parts().size()));
    return sums(object, plan.bill().total()).put("models", models.toByteArray()).bytes();
  }

  private static RawObject sums(RawObject object, Sums sums) {
    return object
        .put("items", number(sums.items))
        .put("input_tokens", number(sums.input))
        .put("output_tokens", number(sums.outputGuess))
        .put("output_tokens_at_most", number(sums.outputBound))
        .put("batch", costs(sums.batch))
        .put("queue", costs(sums.queue));
  }

  private static byte[] costs(@Nullable Costs costs) {
    return costs == null
        ? Json.utf8("null")
        : new RawObject()
            .text("cost", Dollars.format(costs.guess()))
            .text("cost_at_most", Dollars.format(costs.bound()))
            .bytes();
  }

  private static byte[] number(long number) {
    return Json.utf8(Long.toString(number));
  }
}
