package io.millrace.simulator.answer;

import io.millrace.simulator.http.Exchange;
import io.millrace.simulator.http.HttpRequest;
import io.millrace.simulator.http.Reply;
import io.millrace.simulator.message.Rejected;
import io.millrace.simulator.model.Model;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
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
    List<Model> all = account.models.all();
    int limit = limit(request.query("limit"));
    int from = 0;
    int to = all.size();
    Optional<String> after = request.query("after_id");
    if (after.isPresent()) {
      from = index(all, "after_id", after.get()) + 1;
    }
    Optional<String> before = request.query("before_id");
    if (before.isPresent()) {
      to = index(all, "before_id", before.get());
    }
    boolean backwards = before.isPresent() && after.isEmpty();
    List<Model> range = all.subList(Math.min(from, to), to);
    boolean more = range.size() > limit;
    List<Model> page =
        backwards && more
            ? range.subList(range.size() - limit, range.size())
            : range.subList(0, Math.min(limit, range.size()));
    ObjectNode list = JSON.createObjectNode();
    var data = list.putArray("data");
    page.forEach(model -> data.add(describe(model)));
    list.put("has_more", more);
    list.put("first_id", page.isEmpty() ? null : page.getFirst().id());
    list.put("last_id", page.isEmpty() ? null : page.getLast().id());
    return list;
  }

  private static int limit(Optional<String> text) {
    try {
      int limit = Integer.parseInt(text.orElse("20"));
      if (limit >= 1 && limit <= 1000) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // Refused below, as a number out of range is.
    }
    throw Rejected.invalid("limit: Input should be a valid integer between 1 and 1000");
  }

  private static int index(List<Model> all, String parameter, String id) {
    return IntStream.range(0, all.size())
        .filter(i -> all.get(i).id().equals(id))
        .findFirst()
        .orElseThrow(() -> Rejected.invalid(parameter + ": no such model"));
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
