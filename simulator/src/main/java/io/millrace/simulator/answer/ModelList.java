package io.millrace.simulator.answer;

import io.millrace.simulator.http.Exchange;
import io.millrace.simulator.http.HttpRequest;
import io.millrace.simulator.http.Reply;
import io.millrace.simulator.message.Rejected;
import io.millrace.simulator.model.Model;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}. */
public final class ModelList {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final List<String> CAPABILITIES =
      List.of(
          "batch",
          "citations",
          "code_execution",
          "context_management",
          "image_input",
          "pdf_input",
          "server_tools",
          "structured_outputs");

  private final Account account;

  public ModelList(Account account) {
    this.account = account;
  }

  public void list(HttpRequest request, Exchange exchange) {
    answer(request, exchange, () -> page(request));
  }

  public void one(HttpRequest request, Exchange exchange, String id) {
    answer(
        request,
        exchange,
        () ->
            account
                .models
                .known(id)
                .map(this::describe)
                .orElseThrow(() -> new Rejected(404, "not_found_error", "model: " + id)));
  }

  private interface Question {
    ObjectNode answer();
  }

  private void answer(HttpRequest request, Exchange exchange, Question question) {
    String requestId = account.ids.next("req_");
    try {
      Access.check(request, account.keys);
      Reply reply = Messages.identify(new Reply(200).header("request-id", requestId));
      exchange.reply(reply.body("application/json", JSON.writeValueAsBytes(question.answer())));
    } catch (Rejected e) {
      exchange.reply(Errors.of(e, requestId));
    }
  }

  private ObjectNode page(HttpRequest request) {
    return Page.of(request, account.models.all(), Model::id).json(this::describe);
  }

  private ObjectNode describe(Model model) {
    Instant now = account.clock.instant();
    ObjectNode node = JSON.createObjectNode();
    node.put("id", model.id()).put("type", "model").put("display_name", model.displayName());
    node.put("created_at", model.createdAt().toString());
    node.put("max_input_tokens", model.maxInputTokens()).put("max_tokens", model.maxTokens());
    node.put("lifecycle", model.lifecycle(now));
    node.put("deprecated_at", model.deprecatedAt().map(Instant::toString).orElse(null));
    node.put("retires_at", model.retiresAt().map(Instant::toString).orElse(null));
    ObjectNode capabilities = node.putObject("capabilities");
    CAPABILITIES.forEach(name -> capabilities.putObject(name).put("supported", true));
    ObjectNode thinking = capabilities.putObject("thinking").put("supported", true);
    ObjectNode types = thinking.putObject("types");
    for (Map.Entry<String, Boolean> type :
        Map.of(
                "adaptive",
                model.thinking().contains("adaptive"),
                "enabled",
                model.thinking().contains("enabled"))
            .entrySet()) {
      types.putObject(type.getKey()).put("supported", type.getValue());
    }
    return node;
  }
}
