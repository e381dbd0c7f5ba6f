package io.millrace.cli.bench;

import io.millrace.job.JobId;
import io.millrace.model.ModelCatalogue;
import io.millrace.money.CallMode;
import io.millrace.money.Cost;
import io.millrace.simulator.batch.BatchItem;
import io.millrace.simulator.batch.ItemOutcome;
import java.io.IOException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What the provider says it billed for items of batches, beside what is in the books for them.
 *
 * @param answers that the provider gave, an item sent twice counted twice
 * @param itemsTwice items answered more than once, each a double spend
 * @param differing jobs whose charged tokens are others than those billed
 * @param price of what was billed, at batch price
 * @param charged what the books say
 * @param suspected calls that nobody heard the answer of
 */
record BulkBooks(
    long answers,
    long itemsTwice,
    long differing,
    BigDecimal price,
    BigDecimal charged,
    long suspected) {

  private static final String CHARGED =
      """
      select job_id, coalesce(sum(input_tokens) filter (where kind <> 'suspected'), 0),
        coalesce(sum(output_tokens) filter (where kind <> 'suspected'), 0),
        coalesce(sum(amount) filter (where kind <> 'suspected'), 0), count(*) filter (where kind = 'suspected')
      from cost group by 1
      """;

  private record Tokens(long input, long output) {

    static final Tokens NONE = new Tokens(0, 0);

    Tokens plus(Tokens more) {
      return new Tokens(input + more.input, output + more.output);
    }
  }

  private record Charges(Map<String, Tokens> tokens, BigDecimal amount, long suspected) {}

  static BulkBooks compare(BenchStack stack) throws IOException {
    Charges charges = Books.ask(stack, BulkBooks::charges);
    var catalogue = ModelCatalogue.bundled();
    Map<String, Tokens> billed = new HashMap<>();
    BigDecimal price = BigDecimal.ZERO;
    long answers = 0;
    long twice = 0;
    List<BatchItem> items = stack.simulator().batchItems();
    for (BatchItem item : items) {
      if (item.outcome() != ItemOutcome.SUCCEEDED) {
        continue;
      }
      var tokens = new Tokens(item.usage().inputTokens(), item.usage().outputTokens());
      answers++;
      twice += billed.merge(item.customId(), tokens, Tokens::plus).equals(tokens) ? 0 : 1;
      price =
          price.add(
              catalogue
                  .price(
                      String.valueOf(item.model()),
                      io.millrace.money.Usage.of(tokens.input, tokens.output),
                      Instant.now(),
                      CallMode.BATCH)
                  .known()
                  .map(Cost::amount)
                  .orElse(BigDecimal.ZERO));
    }
    long differing =
        billed.entrySet().stream()
            .filter(item ->
                !item.getValue().equals(charges.tokens.getOrDefault(item.getKey(), Tokens.NONE)))
            .count();
    return new BulkBooks(answers, twice, differing, price, charges.amount, charges.suspected);
  }

  private static Charges charges(Connection connection) throws SQLException {
    Map<String, Tokens> tokens = new HashMap<>();
    BigDecimal amount = BigDecimal.ZERO;
    long suspected = 0;
    try (var select = connection.prepareStatement(CHARGED);
        var row = select.executeQuery()) {
      while (row.next()) {
        tokens.put(
            new JobId(row.getObject(1, UUID.class)).toString(),
            new Tokens(row.getLong(2), row.getLong(3)));
        amount = amount.add(row.getBigDecimal(4));
        suspected += row.getLong(5);
      }
    }
    return new Charges(tokens, amount, suspected);
  }
}
