package io.millrace.cli.bench;

import io.millrace.job.JobId;
import io.millrace.simulator.journal.Outcome;
import io.millrace.simulator.journal.Received;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Whether everything that went in came out, once: jobs against final states, the provider's calls
 * against attempt rows, the provider's usage against the bill.
 *
 * @param states how many jobs ended in which state
 * @param unstored accepted, but not in the database
 * @param unfinished stored, but not at their end
 * @param unanswered succeeded without exactly one answer
 * @param calls that the provider remembers
 * @param unrecorded of these without an attempt row
 * @param billed answers given by the provider and charged as used
 * @param suspected answers given by the provider of which nobody heard, and which are suspected
 * @param wronglyBilled answers charged otherwise than used, or neither charged nor suspected
 */
record Conservation(
    Map<String, Long> states,
    long unstored,
    long unfinished,
    long unanswered,
    long calls,
    long unrecorded,
    long billed,
    long suspected,
    long wronglyBilled) {

  private static final String ROWS =
      """
      select a.job_id, a.no, c.kind, c.input_tokens, c.output_tokens, c.cache_read_tokens,
        c.cache_write_5m_tokens + c.cache_write_1h_tokens
      from attempt a left join cost c on c.job_id = a.job_id and c.attempt_no = a.no and c.kind <> 'correction'
      """;
  private static final String STATES = "select state::text, count(*) from job group by 1";
  private static final String UNANSWERED =
      """
      select count(*) from job j where j.state = 'succeeded' and 1 <> (
        select count(*) from result r where r.job_id = j.id and r.series = j.series and r.type = 'succeeded')
      """;

  /** What a call was charged; kind null: nothing. */
  private record Charge(
      boolean charged,
      boolean suspected,
      long input,
      long output,
      long cacheRead,
      long cacheWrite) {

    boolean is(Received call) {
      var usage = call.usage();
      return charged
          && input == usage.inputTokens()
          && output == usage.outputTokens()
          && cacheRead == usage.cacheReadInputTokens()
          && cacheWrite == usage.cacheCreationInputTokens();
    }
  }

  static Conservation check(BenchStack stack, Collection<String> accepted) throws IOException {
    Map<String, Long> states = Books.ask(stack, Conservation::states);
    Map<String, Charge> charges = Books.ask(stack, Conservation::charges);
    long unanswered = Books.ask(stack, connection -> number(connection, UNANSWERED));
    Set<String> stored = Books.ask(stack, Conservation::ids);
    List<Received> calls =
        stack.simulator().journal().stream().filter(call -> call.job() != null).toList();
    long billed = 0;
    long suspected = 0;
    long wrong = 0;
    long unrecorded = 0;
    for (Received call : calls) {
      Charge charge = charges.get(call.job() + "#" + call.attempt());
      if (charge == null) {
        unrecorded++;
      } else if (call.outcome() == Outcome.ANSWERED) {
        if (charge.is(call)) {
          billed++;
        } else if (charge.suspected) {
          suspected++;
        } else {
          wrong++;
        }
      }
    }
    long unfinished = states.getOrDefault("queued", 0L) + states.getOrDefault("running", 0L);
    return new Conservation(
        states,
        accepted.stream().filter(id -> !stored.contains(id)).count(),
        unfinished,
        unanswered,
        calls.size(),
        unrecorded,
        billed,
        suspected,
        wrong);
  }

  private static Map<String, Long> states(Connection connection) throws SQLException {
    Map<String, Long> states = new TreeMap<>();
    try (var select = connection.prepareStatement(STATES);
        var row = select.executeQuery()) {
      while (row.next()) {
        states.put(row.getString(1), row.getLong(2));
      }
    }
    return states;
  }

  private static Map<String, Charge> charges(Connection connection) throws SQLException {
    Map<String, Charge> charges = new HashMap<>();
    try (var select = connection.prepareStatement(ROWS);
        var row = select.executeQuery()) {
      while (row.next()) {
        String kind = row.getString(3);
        charges.put(
            new JobId(row.getObject(1, UUID.class)) + "#" + row.getInt(2),
            new Charge(
                "charged".equals(kind),
                "suspected".equals(kind),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7)));
      }
    }
    return charges;
  }

  private static Set<String> ids(Connection connection) throws SQLException {
    Set<String> ids = new HashSet<>();
    try (var select = connection.prepareStatement("select id from job");
        var row = select.executeQuery()) {
      while (row.next()) {
        ids.add(new JobId(row.getObject(1, UUID.class)).toString());
      }
    }
    return ids;
  }

  private static long number(Connection connection, String question) throws SQLException {
    try (var select = connection.prepareStatement(question);
        var row = select.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  /** As figures whose target is that there is none. */
  List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    states.forEach((state, count) ->
        figures.add(Figure.plain("soak", "ended as " + state, "jobs", (double) count)));
    figures.add(none("accepted and not stored", "jobs", unstored));
    figures.add(none("without an end", "jobs", unfinished));
    figures.add(none("succeeded without one answer", "jobs", unanswered));
    figures.add(none("of %,d without an attempt row".formatted(calls), "calls", unrecorded));
    figures.add(
        none("of %,d not billed as used".formatted(billed + wronglyBilled), "", wronglyBilled));
    figures.add(
        Figure.plain("soak", "answers nobody heard, suspected", "calls", (double) suspected));
    return figures;
  }

  private static Figure none(String what, String unit, long count) {
    return Figure.atMost("soak", what, unit, (double) count, 0);
  }
}
