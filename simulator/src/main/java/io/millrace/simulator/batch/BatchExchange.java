package io.millrace.simulator.batch;

import io.millrace.simulator.answer.Access;
import io.millrace.simulator.answer.Account;
import io.millrace.simulator.answer.Errors;
import io.millrace.simulator.answer.Messages;
import io.millrace.simulator.answer.Spoiled;
import io.millrace.simulator.fault.BatchCall;
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
import io.millrace.simulator.limit.Dimension;
import io.millrace.simulator.limit.Pool;
import io.millrace.simulator.limit.PoolLimits;
import io.millrace.simulator.limit.Pools;
import io.millrace.simulator.limit.Refusal;
import io.millrace.simulator.message.Rejected;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One call of the Message Batches endpoints, from its arrival to its line in the journal. */
final class BatchExchange {
  private final Account account;
  private final HttpRequest http;
  private final Exchange exchange;
  private final BatchCall which;
  private final Entry entry;
  private String version = "";
  private @Nullable Fault fault;

  BatchExchange(Account account, HttpRequest http, Exchange exchange, BatchCall which) {
    this.account = account;
    this.http = http;
    this.exchange = exchange;
    this.which = which;
    entry =
        account
            .journal()
            .receive(account.now(), account.nextId("req_"), which.endpoint(), null, null);
    exchange.onGone(() -> entry.end(0, Outcome.ABANDONED, Usage.NONE));
  }

  HttpRequest http() {
    return http;
  }

  Exchange exchange() {
    return exchange;
  }

  Entry entry() {
    return entry;
  }

  String version() {
    return version;
  }

  /** Where the client found us. */
  String base() {
    return "http://" + http.header("host").orElse("localhost");
  }

  /** Runs a step, and answers with the error that it may throw. */
  void guard(Runnable step) {
    try {
      step.run();
    } catch (Rejected e) {
      Reply reply = Errors.of(e, entry.requestId());
      entry.end(e.status(), e.status() == 429 ? Outcome.LIMITED : Outcome.REJECTED, Usage.NONE);
      exchange.reply(e.status() == 401 ? reply : Messages.identify(reply));
    }
  }

  static void refuse(Exchange exchange, Rejected rejected) {
    exchange.reply(Errors.of(rejected, "req_simulator"));
  }

  /** Checks headers, limit and faults; false: the call has been answered. */
  boolean admit() {
    version = Access.check(http, account.keys());
    Pool pool = account.pools().pool(Pools.BATCHES, account.nanos());
    Optional<Refusal> refusal = pool.refuse(Caller.OTHERS, 0, account.nanos());
    if (refusal.isPresent()) {
      Rejected rejected = new Rejected(429, "rate_limit_error", overLimit(refusal.get().limit()));
      entry.end(429, Outcome.LIMITED, Usage.NONE);
      exchange.reply(
          Messages.identify(Errors.of(rejected, entry.requestId()))
              .header("retry-after", refusal.get().retryAfterSeconds()));
      return false;
    }
    pool.admit(Caller.OTHERS, 0, 0, 0, 0, account.nanos()).end(account.nanos(), 0);
    Optional<FaultRule> struck = account.faults().strike(script(), http.path(), which);
    if (struck.isPresent()) {
      fault = struck.get().fault();
      entry.meets(struck.get().fault());
      if (struck.get().fault().moment() != Fault.Moment.ANSWER) {
        fail(struck.get(), pool);
        return false;
      }
    }
    return true;
  }

  private Script script() {
    try {
      Script script = Script.NONE;
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

  private void fail(FaultRule rule, Pool pool) {
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
        String message =
            switch (rule.fault()) {
              case RATE_LIMITED, RATE_LIMITED_INPUT, RATE_LIMITED_OUTPUT ->
                  overLimit(pool.limit(Dimension.REQUESTS));
              case NOT_FOUND -> "Not found";
              default -> rule.fault().message();
            };
        Reply reply = Messages.identify(Errors.of(rule, message, entry.requestId()));
        entry.end(reply.status(), Outcome.FAULTED, Usage.NONE);
        exchange.reply(reply);
      }
    }
  }

  private static String overLimit(long limit) {
    return String.format(
        Locale.ROOT,
        "This request would exceed your organization's rate limit of %,d requests per minute to the Message Batches API (org: %s).",
        limit == PoolLimits.UNLIMITED ? 1_000 : limit,
        Account.ORGANIZATION);
  }

  /** Takes effect and replies, or loses the reply where a fault says so. */
  void reply(Supplier<JsonNode> effect) {
    guard(() -> send(effect.get()));
  }

  private void send(JsonNode body) {
    if (fault == Fault.STREAM_ERROR) {
      overloaded();
      return;
    }
    Outcome outcome =
        fault == null || fault == Fault.SLOW_DRIP || fault == Fault.REFUSAL
            ? Outcome.ANSWERED
            : Outcome.FAULTED;
    if (fault != Fault.STREAM_STALL) {
      entry.end(fault == Fault.LOST_REPLY ? 0 : 200, outcome, Usage.NONE);
    }
    Reply reply = head().body("application/json", body.toString().getBytes(StandardCharsets.UTF_8));
    Spoiled.send(exchange, reply, fault, 0);
  }

  private void overloaded() {
    entry.end(529, Outcome.FAULTED, Usage.NONE);
    exchange.reply(
        Messages.identify(
            Errors.of(new Rejected(529, "overloaded_error", "Overloaded"), entry.requestId())));
  }

  private Reply head() {
    return Messages.identify(new Reply(200).header("request-id", entry.requestId()));
  }

  /** Sends a body of which only the next piece is ever held. */
  void stream(Function<@Nullable Fault, Exchange.Pieces> body) {
    Fault met = fault;
    switch (met) {
      case STREAM_ERROR -> overloaded();
      case LOST_REPLY, GARBAGE, EMPTY -> {
        entry.end(met == Fault.LOST_REPLY ? 0 : 200, Outcome.FAULTED, Usage.NONE);
        Spoiled.send(exchange, head().body("application/x-jsonl", new byte[0]), met, 0);
      }
      case null, default -> {
        exchange.startChunked(head().header("content-type", "application/x-jsonl"));
        exchange.pump(body.apply(met));
      }
    }
  }
}
