package io.millrace.cli.bench;

import io.millrace.cli.bench.Window.Look;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Jobs at a steady rate, and when an endpoint that waits for their ends hears of them. */
final class Webhooks {

  private static final String ENDS =
      """
      select wire_id('msg_', d.id), (extract(epoch from d.occurred_at) * 1000000)::bigint
      from delivery d join webhook_endpoint e on e.id = d.endpoint_id
      where e.url = ? and d.occurred_at >= to_timestamp(? / 1000000.0)
        and d.occurred_at < to_timestamp(? / 1000000.0)
      """;
  private static final String LEFT =
      """
      select count(*) from delivery d join webhook_endpoint e on e.id = d.endpoint_id
      where e.url = ? and d.state <> 'delivered'
      """;
  private static final String STATES =
      """
      select count(*), coalesce(sum(d.attempts), 0)
      from delivery d join webhook_endpoint e on e.id = d.endpoint_id where e.url = ?
      """;
  private static final String WHY =
      """
      select string_agg(d.state || ' ' || coalesce(d.error, '-') || ': ' || d.count, ', ')
        || coalesce('; spared by ' || (
          select p.slow from delivery_pace p join webhook_endpoint e on e.id = p.destination where e.url = ?), '')
      from (select d.state, d.error, count(*) from delivery d join webhook_endpoint e on e.id = d.endpoint_id
        where e.url = ? group by 1, 2) d
      """;
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final Duration SETTLING = Duration.ofSeconds(5);

  private final Workspace workspace;
  private final int rate;
  private final Duration warmUp;
  private final Duration window;
  private final List<String> settings;
  private final Say say;
  private final HttpClient http = HttpClient.newHttpClient();

  Webhooks(
      Workspace workspace,
      int rate,
      Duration warmUp,
      Duration window,
      List<String> settings,
      Say say) {
    this.workspace = workspace;
    this.rate = rate;
    this.warmUp = warmUp;
    this.window = window;
    this.settings = settings;
    this.say = say;
  }

  /** One window: when the jobs in it ended, and the services' use of the processor. */
  private record Span(long from, long until, Window window) {}

  Findings run() throws IOException, InterruptedException {
    say.line("Starting api, worker and Kafka");
    var topology =
        Topology.of(Topology.Parts.API_AND_WORKER)
            .withSettings(
                Stream.concat(
                        Stream.of(
                            "--millrace.webhooks.allow=loopback",
                            "--millrace.webhooks.allow-http=true"),
                        settings.stream())
                    .toArray(String[]::new));
    try (var endpoints = new Endpoints();
        var stack = BenchStack.start(workspace, topology)) {
      register(stack, endpoints.good());
      return measure(stack, endpoints);
    } finally {
      http.shutdownNow();
    }
  }

  private Findings measure(BenchStack stack, Endpoints endpoints)
      throws IOException, InterruptedException {
    long start = WallClock.micros() + 500_000;
    byte[] request = stack.request(Workload.PROMPT_BYTES);
    Span alone;
    Span beside;
    try (var load =
        Load.start(stack.port(), request, new Pace.Open(Long.MAX_VALUE, start, rate), 0)) {
      say.line("%d jobs/s; warming up for %d s".formatted(rate, warmUp.toSeconds()));
      WallClock.await(start + warmUp.toMillis() * 1_000);
      say.line("one endpoint, for %d s".formatted(window.toSeconds()));
      alone = watch(stack, load);
      register(stack, endpoints.stalling());
      register(stack, endpoints.dead());
      WallClock.pass(SETTLING);
      say.line(
          "beside one that stalls and one that is dead, for %d s".formatted(window.toSeconds()));
      beside = watch(stack, load);
      load.stop();
    }
    awaitDelivered(stack, endpoints);
    var findings = Findings.empty();
    report(findings, "alone", alone, waits(stack, endpoints, alone));
    report(findings, "beside two bad ones", beside, waits(stack, endpoints, beside));
    findings.add(
        Figure.plain("P8", "sent again though it was answered", "", (double) endpoints.repeated()));
    findings.add(others(stack, endpoints));
    findings.add(
        new Breakdown(
            "processor time, µs for each job",
            Workload.PROCESSOR_COLUMNS,
            List.of(
                Workload.processorRow("alone", alone.window()),
                Workload.processorRow("beside two bad ones", beside.window()))));
    return findings;
  }

  private static void report(Findings findings, String how, Span span, Sample waits) {
    findings.add(
        Figure.plain("P8", how + ": messages", "", (double) waits.size()),
        Figure.plain("P8", how + ": end to first attempt, p50", "ms", waits.millis(0.5)),
        Figure.atMost("P8", how + ": p99", "ms", waits.millis(0.99), Targets.FIRST_ATTEMPT_P99),
        Figure.plain("P8", how + ": longest", "ms", waits.millis(1)),
        Figure.plain("P8", how + ": jobs accepted", "jobs/s", span.window().acceptedPerSecond()));
  }

  private Span watch(BenchStack stack, Load load) throws IOException, InterruptedException {
    List<Look> looks = new ArrayList<>();
    looks.add(Window.look(stack, load));
    long from = WallClock.micros();
    WallClock.await(from + window.toMillis() * 1_000);
    long until = WallClock.micros();
    looks.add(Window.look(stack, load));
    return new Span(from, until, Window.between(looks, false));
  }

  /** From each end of a job in that time to the arrival of its message; none may be missing. */
  private static Sample waits(BenchStack stack, Endpoints endpoints, Span span) throws IOException {
    Map<String, Long> arrivals = endpoints.arrivals();
    List<Long> waits =
        Books.ask(
            stack,
            connection -> {
              List<Long> found = new ArrayList<>();
              try (var select = connection.prepareStatement(ENDS)) {
                select.setString(1, endpoints.good());
                select.setLong(2, span.from());
                select.setLong(3, span.until());
                try (var row = select.executeQuery()) {
                  while (row.next()) {
                    Long at = arrivals.get(row.getString(1));
                    found.add(at == null ? -1 : at - row.getLong(2));
                  }
                }
              }
              return found;
            });
    long missing = waits.stream().filter(wait -> wait < 0).count();
    if (missing > 0) {
      throw new IOException("%d messages never arrived".formatted(missing));
    }
    return Sample.of(waits.stream().mapToLong(wait -> wait).toArray());
  }

  private void awaitDelivered(BenchStack stack, Endpoints endpoints)
      throws IOException, InterruptedException {
    long giveUp = System.nanoTime() + BOUND.toNanos();
    long left = count(stack, LEFT, endpoints.good()).getFirst();
    while (left > 0) {
      if (System.nanoTime() > giveUp) {
        throw new IOException(
            "%d messages are not delivered: %s".formatted(left, why(stack, endpoints.good())));
      }
      WallClock.pass(Duration.ofMillis(250));
      left = count(stack, LEFT, endpoints.good()).getFirst();
    }
  }

  private static String why(BenchStack stack, String url) throws IOException {
    return Books.ask(
        stack,
        connection -> {
          try (var select = connection.prepareStatement(WHY)) {
            select.setString(1, url);
            select.setString(2, url);
            try (var row = select.executeQuery()) {
              row.next();
              return String.valueOf(row.getString(1));
            }
          }
        });
  }

  private static Breakdown others(BenchStack stack, Endpoints endpoints) throws IOException {
    List<Breakdown.Row> rows = new ArrayList<>();
    for (var one : Map.of("stalls", endpoints.stalling(), "is dead", endpoints.dead()).entrySet()) {
      List<Long> counts = count(stack, STATES, one.getValue());
      rows.add(
          new Breakdown.Row(
              "the one that " + one.getKey(), counts.stream().map(Long::doubleValue).toList()));
    }
    return new Breakdown("what the bad ones came to", List.of("messages", "attempts"), rows);
  }

  private static List<Long> count(BenchStack stack, String question, String url)
      throws IOException {
    return Books.ask(
        stack,
        connection -> {
          try (var select = connection.prepareStatement(question)) {
            select.setString(1, url);
            try (var row = select.executeQuery()) {
              row.next();
              List<Long> numbers = new ArrayList<>();
              for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                numbers.add(row.getLong(i));
              }
              return numbers;
            }
          }
        });
  }

  private void register(BenchStack stack, String url) throws IOException, InterruptedException {
    String body =
        "{\"url\":\"%s\",\"event_types\":[\"job.succeeded\",\"job.failed\"]}".formatted(url);
    var request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + stack.port() + "/v1/webhooks/endpoints"))
            .timeout(BOUND)
            .header("authorization", "Bearer " + stack.key())
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
    if (answer.statusCode() / 100 != 2) {
      throw new IOException("an endpoint was refused: " + answer.body());
    }
  }
}
