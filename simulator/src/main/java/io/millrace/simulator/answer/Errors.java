package io.millrace.simulator.answer;

import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import io.millrace.simulator.http.Bytes;
import io.millrace.simulator.http.Reply;
import io.millrace.simulator.limit.Dimension;
import io.millrace.simulator.limit.Pool;
import io.millrace.simulator.limit.PoolLimits;
import io.millrace.simulator.limit.Refusal;
import io.millrace.simulator.message.Rejected;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Error replies in the API's envelope. */
public final class Errors {
  private static final String RATE_LIMIT = Fault.RATE_LIMITED.message();

  private Errors() {}

  public static Reply of(Rejected rejected, String requestId) {
    return envelope(rejected.status(), rejected.type(), rejected.says(), null, requestId);
  }

  static Reply of(Refusal refusal, String model, String requestId) {
    String limit = perMinute(refusal.limit(), refusal.dimension());
    return envelope(429, "rate_limit_error", rateLimit(limit, model), null, requestId)
        .header("retry-after", refusal.retryAfterSeconds());
  }

  static Reply of(FaultRule rule, @Nullable String model, Pool pool, String requestId) {
    Fault fault = rule.fault();
    String name = model == null ? "unknown" : model;
    String message =
        switch (fault) {
          case RATE_LIMITED -> rateLimit(limit(pool, Dimension.REQUESTS), name);
          case RATE_LIMITED_INPUT -> rateLimit(limit(pool, Dimension.INPUT_TOKENS), name);
          case RATE_LIMITED_OUTPUT -> rateLimit(limit(pool, Dimension.OUTPUT_TOKENS), name);
          default -> fault.message().replace("%model%", name);
        };
    return of(rule, message, requestId);
  }

  /** The error that a rule asks for, in these words. */
  public static Reply of(FaultRule rule, String message, String requestId) {
    Fault fault = rule.fault();
    if (fault == Fault.TOO_LARGE_HTML) {
      return new Reply(fault.status())
          .body("text/html", fault.message().getBytes(StandardCharsets.US_ASCII));
    }
    Reply reply =
        envelope(fault.status(), fault.type(), message, fault.code().orElse(null), requestId);
    if (fault.hasRetryAfter()) {
      reply.header("retry-after", rule.retryAfter().toSeconds());
    }
    fault.shouldRetry().ifPresent(retry -> reply.header("x-should-retry", retry.toString()));
    return reply;
  }

  private static String limit(Pool pool, Dimension dimension) {
    long limit = pool.limit(dimension);
    return perMinute(limit == PoolLimits.UNLIMITED ? 1_000 : limit, dimension);
  }

  private static String perMinute(long limit, Dimension dimension) {
    return String.format(Locale.ROOT, "%,d %s per minute", limit, dimension.words());
  }

  private static String rateLimit(String limit, String model) {
    return RATE_LIMIT
        .replace("%limit%", limit)
        .replace("%org%", Account.ORGANIZATION)
        .replace("%model%", model);
  }

  private static Reply envelope(
      int status, String type, String message, @Nullable String code, String requestId) {
    return new Reply(status)
        .header("request-id", requestId)
        .body("application/json", json(type, message, code, requestId));
  }

  /** The envelope itself, as it also stands in the results of a batch. */
  public static byte[] json(String type, String message, @Nullable String code, String requestId) {
    Bytes body = new Bytes(256);
    body.ascii("{\"type\":\"error\",\"error\":{\"type\":\"").ascii(type).ascii("\",\"message\":\"");
    body.ascii(AnswerText.escape(message)).ascii("\"");
    if (code != null) {
      body.ascii(",\"details\":{\"error_code\":\"").ascii(code).ascii("\"}");
    }
    body.ascii("},\"request_id\":\"").ascii(requestId).ascii("\"}");
    return body.toArray();
  }
}
