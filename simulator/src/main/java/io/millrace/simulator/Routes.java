package io.millrace.simulator;

import io.millrace.simulator.answer.Account;
import io.millrace.simulator.answer.Errors;
import io.millrace.simulator.answer.Messages;
import io.millrace.simulator.answer.ModelList;
import io.millrace.simulator.batch.BatchRecords;
import io.millrace.simulator.batch.Batches;
import io.millrace.simulator.http.Exchange;
import io.millrace.simulator.http.Handler;
import io.millrace.simulator.http.HttpRequest;
import io.millrace.simulator.message.Rejected;
import java.util.function.IntSupplier;

/** Which endpoint answers what. */
final class Routes implements Handler {
  private static final long MAX_BODY = 32 * 1024 * 1024;
  private static final String MODELS = "/v1/models/";

  private final Messages messages;
  private final ModelList models;
  private final Batches batches;
  private final Control control;

  Routes(Account account, BatchRecords records) {
    messages = new Messages(account);
    models = new ModelList(account);
    batches = new Batches(account, records);
    control = new Control(account, records);
  }

  void connectionsBy(IntSupplier connections) {
    control.connectionsBy(connections);
  }

  /** How long the body of a request to this path may be. */
  static long maxBody(String path) {
    return path.equals(Batches.PATH) ? Batches.MAX_BODY : MAX_BODY;
  }

  @Override
  public void handle(HttpRequest request, Exchange exchange) {
    String path = request.path();
    if (path.startsWith("/simulator/")) {
      control.handle(request, exchange);
    } else if (path.equals("/v1/messages")) {
      only("POST", request, exchange, () -> messages.create(request, exchange));
    } else if (path.equals("/v1/messages/count_tokens")) {
      only("POST", request, exchange, () -> messages.countTokens(request, exchange));
    } else if (path.equals(Batches.PATH) || path.startsWith(Batches.PATH + "/")) {
      batches.handle(request, exchange);
    } else if (path.equals("/v1/models")) {
      only("GET", request, exchange, () -> models.list(request, exchange));
    } else if (path.startsWith(MODELS)) {
      only(
          "GET",
          request,
          exchange,
          () -> models.one(request, exchange, path.substring(MODELS.length())));
    } else {
      refuse(exchange, new Rejected(404, "not_found_error", "Not found"));
    }
  }

  private static void only(String method, HttpRequest request, Exchange exchange, Runnable answer) {
    if (request.method().equals(method)) {
      answer.run();
    } else {
      refuse(exchange, new Rejected(405, "invalid_request_error", "Method Not Allowed"));
    }
  }

  private static void refuse(Exchange exchange, Rejected rejected) {
    exchange.reply(Errors.of(rejected, "req_simulator"));
  }
}
