package io.millrace.simulator.answer;

import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import io.millrace.simulator.fault.Script;
import io.millrace.simulator.http.Exchange;
import io.millrace.simulator.http.HttpRequest;
import io.millrace.simulator.http.Reply;
import io.millrace.simulator.journal.Entry;
import io.millrace.simulator.journal.Outcome;
import io.millrace.simulator.journal.Usage;
import io.millrace.simulator.limit.Caller;
import io.millrace.simulator.limit.Pool;
import io.millrace.simulator.limit.Pools;
import io.millrace.simulator.limit.Refusal;
import io.millrace.simulator.message.MessageRequest;
import io.millrace.simulator.message.Prompt;
import io.millrace.simulator.message.PromptReader;
import io.millrace.simulator.message.Rejected;
import io.millrace.simulator.message.RequestRules;
import io.millrace.simulator.model.Model;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/messages} and {@code POST /v1/messages/count_tokens}. */
public final class Messages {
  private final Account account;
  private final Answers answers;

  public Messages(Account account) {
    this.account = account;
    answers = new Answers(account);
  }

  public void create(HttpRequest request, Exchange exchange) {
    receive(request, exchange, this::message);
  }

  public void countTokens(HttpRequest request, Exchange exchange) {
    receive(request, exchange, this::count);
  }

  /** A call on its way through the checks. */
  private record Arrival(
      HttpRequest http,
      Exchange exchange,
      Entry entry,
      MessageRequest request,
      String version,
      Script script,
      @Nullable Fault fault) {
    private Caller caller() {
      return entry.job() == null ? Caller.OTHERS : Caller.MILLRACE;
    }

    private boolean beta() {
      return http.header("anthropic-beta").isPresent();
    }
  }

  @FunctionalInterface
  private interface Endpoint {
    void answer(Arrival arrival);
  }

  private void receive(HttpRequest http, Exchange exchange, Endpoint endpoint) {
    Entry entry =
        account
            .journal()
            .receive(
                account.clock.instant(),
                account.ids.next("req_"),
                http.path(),
                http.header("x-millrace-job").orElse(null),
                http.header("x-millrace-attempt").orElse(null));
    exchange.onGone(() -> entry.end(0, Outcome.ABANDONED, Usage.NONE));
    try {
      String version = Access.check(http, account.keys);
      Access.body(http);
      MessageRequest request = MessageRequest.read(http.body());
      entry.describe(request.modelName(), request.userId(), request.streaming());
      Script script = script(http);
      Optional<FaultRule> struck = strike(http, script, request.modelName(), entry.job());
      if (struck.isPresent()) {
        entry.meets(struck.get().fault());
        if (struck.get().fault().moment() != Fault.Moment.ANSWER) {
          fail(struck.get(), exchange, entry, request.modelName());
          return;
        }
      }
      endpoint.answer(
          new Arrival(
              http,
              exchange,
              entry,
              request,
              version,
              script,
              struck.map(FaultRule::fault).orElse(null)));
    } catch (Rejected e) {
      reject(e, exchange, entry);
    }
  }

  private void reject(Rejected rejected, Exchange exchange, Entry entry) {
    Reply reply = Errors.of(rejected, entry.requestId());
    entry.end(rejected.status(), Outcome.REJECTED, Usage.NONE);
    exchange.reply(rejected.status() == 401 ? reply : identify(reply));
  }

  private static Script script(HttpRequest http) {
    try {
      Script script = Script.in(http.body());
      Optional<String> header = http.header("x-simulator-fault");
      if (header.isPresent()) {
        for (String rule : header.get().split(",", -1)) {
          script = script.with(rule);
        }
      }
      return script;
    } catch (IllegalArgumentException e) {
      throw Rejected.invalid("simulator: " + e.getMessage());
    }
  }

  private Optional<FaultRule> strike(
      HttpRequest http, Script script, @Nullable String model, @Nullable String job) {
    String key = "";
    if (!script.faults().isEmpty()) {
      key = job != null ? job : Integer.toHexString(Arrays.hashCode(http.body()));
    }
    return account.faults().strike(script, key, model, job);
  }

  private void fail(FaultRule rule, Exchange exchange, Entry entry, @Nullable String model) {
    switch (rule.fault()) {
      case HANG -> exchange.onGone(() -> entry.end(0, Outcome.FAULTED, Usage.NONE));
      case RESET -> {
        entry.end(0, Outcome.FAULTED, Usage.NONE);
        exchange.reset();
      }
      case CLOSE -> {
        entry.end(0, Outcome.FAULTED, Usage.NONE);
        exchange.cut();
      }
      default -> {
        String poolName =
            Optional.ofNullable(model)
                .flatMap(account.models::known)
                .map(Model::pool)
                .orElse("unknown");
        Pool pool = account.pools().pool(poolName, account.nanos());
        Reply reply = identify(Errors.of(rule, model, pool, entry.requestId()));
        pool.tell(reply, account.nanos());
        entry.end(reply.status(), Outcome.FAULTED, Usage.NONE);
        exchange.reply(reply);
      }
    }
  }

  private void message(Arrival arrival) {
    MessageRequest request = arrival.request();
    Model model = request.model(account.models, account.clock.instant());
    RequestRules.check(request, model, arrival.version(), arrival.beta());
    Prompt prompt = Answers.prompt(request, model, arrival.http().body());
    long now = account.nanos();
    String workspace = arrival.http().header("anthropic-workspace-id").orElse("");
    Usage input =
        prompt.caches()
            ? account.cache.split(prompt, model, workspace, now)
            : new Usage(prompt.tokens(), 0, 0, 0, 0);
    Pool pool = account.pools().pool(model.pool(), now);
    long estimate = account.estimate(input.uncachedInputTokens());
    Optional<Refusal> refusal = pool.refuse(arrival.caller(), estimate, now);
    if (refusal.isPresent()) {
      limit(refusal.get(), arrival, model, pool);
      return;
    }
    Produced produced =
        answers.produce(
            request,
            model,
            input,
            arrival.script(),
            arrival.fault() == Fault.REFUSAL,
            Produced.STANDARD);
    long outputTokens = produced.usage().outputTokens();
    Duration wished = arrival.script().latency();
    long nanos =
        wished != null ? wished.toNanos() : account.latency().nanos(account.random, outputTokens);
    if (prompt.caches()) {
      account.cache.use(prompt, model, workspace, now, now + nanos / 10);
    }
    Pool.Admitted admitted =
        pool.admit(
            arrival.caller(), estimate, input.uncachedInputTokens(), outputTokens, nanos, now);
    new Call(account, arrival.exchange(), arrival.entry(), produced, pool, admitted)
        .run(nanos, request.streaming(), arrival.fault());
  }

  private void limit(Refusal refusal, Arrival arrival, Model model, Pool pool) {
    Reply reply = identify(Errors.of(refusal, model.id(), arrival.entry().requestId()));
    pool.tell(reply, account.nanos());
    arrival.entry().end(429, Outcome.LIMITED, Usage.NONE);
    arrival.exchange().reply(reply);
  }

  private void count(Arrival arrival) {
    MessageRequest request = arrival.request();
    Model model = request.model(account.models, account.clock.instant());
    RequestRules.checkCount(request, model, arrival.version(), arrival.beta());
    Prompt prompt = PromptReader.read(request, model, arrival.http().body());
    long now = account.nanos();
    Pool pool = account.pools().pool(Pools.COUNT_TOKENS, now);
    Optional<Refusal> refusal = pool.refuse(arrival.caller(), 0, now);
    if (refusal.isPresent()) {
      limit(refusal.get(), arrival, model, pool);
      return;
    }
    pool.admit(arrival.caller(), 0, 0, 0, 0, now).end(now, 0);
    byte[] body =
        ("{\"input_tokens\":" + prompt.tokens() + "}").getBytes(StandardCharsets.US_ASCII);
    Reply reply = identify(new Reply(200).header("request-id", arrival.entry().requestId()));
    arrival
        .entry()
        .end(200, arrival.fault() == null ? Outcome.ANSWERED : Outcome.FAULTED, Usage.NONE);
    Spoiled.send(arrival.exchange(), reply.body("application/json", body), arrival.fault(), 0);
  }

  /** Says whose account it is. */
  public static Reply identify(Reply reply) {
    return reply
        .header("anthropic-organization-id", Account.ORGANIZATION)
        .header("anthropic-workspace-id", Account.WORKSPACE);
  }
}
