package io.millrace.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.simulator.timing.Distribution;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class MessagesTest {
  private final Simulator simulator =
      Simulator.start(SimulatorSettings.defaults().withKeys(Set.of("any", "other")));
  private final Caller caller = new Caller(simulator);

  @AfterEach
  void stop() {
    caller.close();
    simulator.close();
  }

  @Test
  void anAnswerLooksLikeTheRealOne() throws Exception {
    Caller.Answer answer = caller.hello();

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("request-id")).startsWith("req_");
    assertThat(answer.header("anthropic-organization-id")).isNotEmpty();
    assertThat(answer.header("anthropic-workspace-id")).startsWith("wrkspc_");
    JsonNode message = answer.json();
    assertThat(message.get("id").asString()).startsWith("msg_");
    assertThat(message.get("type").asString()).isEqualTo("message");
    assertThat(message.get("role").asString()).isEqualTo("assistant");
    assertThat(message.get("model").asString()).isEqualTo("claude-haiku-5-5");
    assertThat(message.get("content").get(0).get("text").asString())
        .startsWith("A simulated answer to: Hello");
    assertThat(message.get("stop_reason").asString()).isEqualTo("end_turn");
    assertThat(message.get("usage").get("output_tokens").asInt()).isEqualTo(64);
  }

  @Test
  void inputTokensFollowTheText() throws Exception {
    // ceil(400 × 1.3 / 4) and ceil(400 / 4), and 3 for the message
    assertThat(
            caller
                .message(Caller.ask("claude-haiku-5-5", "x".repeat(400)))
                .usage()
                .get("input_tokens")
                .asInt())
        .isEqualTo(133);
    assertThat(
            caller
                .message(Caller.ask("claude-haiku-4-5", "x".repeat(400)))
                .usage()
                .get("input_tokens")
                .asInt())
        .isEqualTo(103);
  }

  @Test
  void maxTokensCutsTheAnswer() throws Exception {
    Caller.Answer answer = caller.message(Caller.HELLO.replace("1024", "10"));

    assertThat(answer.json().get("stop_reason").asString()).isEqualTo("max_tokens");
    assertThat(answer.usage().get("output_tokens").asInt()).isEqualTo(10);
    assertThat(answer.json().get("content").get(0).get("text").asString()).hasSize(31);
  }

  @Test
  void noTokensAtAllOnlyWarmTheCache() throws Exception {
    Caller.Answer answer = caller.message(Caller.HELLO.replace("1024", "0"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().get("content").isEmpty()).isTrue();
    assertThat(answer.usage().get("output_tokens").asInt()).isZero();
    assertThat(caller.message(Caller.streaming(Caller.HELLO.replace("1024", "0"))).status())
        .isEqualTo(400);
  }

  @Test
  void lengthsComeFromTheDistributionOrThePrompt() throws Exception {
    simulator.outputTokens(new Distribution.Uniform(100, 200));
    assertThat(caller.hello().usage().get("output_tokens").asInt()).isBetween(100, 200);
    Caller.Answer wished =
        caller.message(Caller.ask("claude-haiku-5-5", "Hi [[simulator:output 7]]"));
    assertThat(wished.usage().get("output_tokens").asInt()).isEqualTo(7);
  }

  @Test
  void whatTheAnswerQuotesIsEscaped() throws Exception {
    String text = "\"quoted\" \\ \u0007 — \uD83D\uDE00 end";
    Caller.Answer answer = caller.message(Caller.ask("claude-haiku-5-5", text));
    assertThat(answer.json().get("content").get(0).get("text").asString()).contains(text);
  }

  @Test
  void anAliasIsAnsweredByItsModel() throws Exception {
    Caller.Answer answer = caller.message(Caller.ask("claude-haiku-4-5", "Hi"));
    assertThat(answer.json().get("model").asString()).isEqualTo("claude-haiku-4-5-20251001");
  }

  @Test
  void bothWaysToSendAKeyAreAccepted() throws Exception {
    assertThat(bare("x-api-key", "any").status()).isEqualTo(200);
    assertThat(bare("authorization", "Bearer other").status()).isEqualTo(200);
    Caller.Answer wrong = bare("x-api-key", "wrong");
    assertThat(wrong.status()).isEqualTo(401);
    assertThat(wrong.errorType()).isEqualTo("authentication_error");
    assertThat(wrong.message()).isEqualTo("invalid x-api-key");
    assertThat(wrong.header("anthropic-workspace-id")).isEmpty();
    assertThat(bare("user-agent", "nobody").status()).isEqualTo(401);
  }

  private Caller.Answer bare(String name, String value) throws Exception {
    return caller.bare(
        "/v1/messages",
        Caller.HELLO,
        "content-type",
        "application/json",
        "anthropic-version",
        "2023-06-01",
        name,
        value);
  }

  @Test
  void theVersionHeaderIsRequiredAndChecked() throws Exception {
    Caller.Answer none =
        caller.bare(
            "/v1/messages", Caller.HELLO, "content-type", "application/json", "x-api-key", "any");
    assertThat(none.status()).isEqualTo(400);
    assertThat(none.message()).isEqualTo("anthropic-version: header is required");
    assertThat(caller.hello("anthropic-version", "2024-01-01").status()).isEqualTo(400);
    assertThat(caller.hello("anthropic-version", "2023-06-01").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ,"temperature":1.0                                   | claude-sonnet-4-6 | 200 | 400
          ,"top_k":5                                           | claude-sonnet-4-6 | 200 | 400
          ,"temperature":0.5                                   | claude-haiku-5-5  | 400 | 400
          ,"temperature":1                                     | claude-haiku-5-5  | 200 | 400
          ,"stop_sequences":["x"],"service_tier":"auto"        | claude-haiku-5-5  | 200 | 200
          """)
  void samplingIsGoneInTheNewVersion(String more, String model, int old, int current)
      throws Exception {
    String asked = Caller.ask(model, "Hi");
    String body = asked.substring(0, asked.length() - 1) + more + "}";
    assertThat(caller.message(body, "anthropic-version", "2023-06-01").status()).isEqualTo(old);
    assertThat(caller.message(body, "anthropic-version", "2026-10-21").status()).isEqualTo(current);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"role":"user","content":[{"type":"text","text":"a","citations":[{"type":"char_location"}]}]}
          {"role":"assistant","content":[{"type":"document","source":{"type":"text","data":"a"}}]},{"role":"user","content":"b"}
          """)
  void citationsAndAssistantDocumentsAreGoneInTheNewVersion(String messages) throws Exception {
    String body =
        "{\"model\":\"claude-haiku-5-5\",\"max_tokens\":9,\"messages\":[" + messages + "]}";
    assertThat(caller.message(body, "anthropic-version", "2023-06-01").status()).isEqualTo(200);
    assertThat(caller.message(body, "anthropic-version", "2026-10-21").status()).isEqualTo(400);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          [] | The request body is not valid JSON: an object is required
          {"max_tokens":1,"messages":[]} | model: Field required
          {"model":"claude-haiku-5-5","messages":[{"role":"user","content":"a"}]} | max_tokens: Field required
          {"model":"claude-haiku-5-5","max_tokens":1} | messages: Field required
          {"model":"claude-haiku-5-5","max_tokens":1,"messages":[]} | messages: at least one message is required
          {"model":"claude-haiku-5-5","max_tokens":"1","messages":[{"role":"user","content":"a"}]} | max_tokens: Input should be a valid integer
          {"model":"claude-haiku-5-5","max_tokens":128001,"messages":[{"role":"user","content":"a"}]} | max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens for claude-haiku-5-5
          {"model":"claude-haiku-5-5","max_tokens":1,"messages":[{"role":"user","content":"a"}],"wat":1} | wat: Extra inputs are not permitted
          {"model":"claude-haiku-5-5","max_tokens":1,"messages":[{"role":"robot","content":"a"}]} | messages.0.role: Input should be 'user' or 'assistant'
          {"model":"claude-haiku-5-5","max_tokens":1,"messages":[{"role":"user"}]} | messages.0.content: Field required
          {"model":"claude-haiku-5-5","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":""}]}]} | messages: text content blocks must be non-empty
          {"model":"claude-haiku-5-5","max_tokens":1,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]} | This model does not support assistant message prefill. The conversation must end with a user message.
          {"model":"claude-haiku-5-5","max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":1024},"messages":[{"role":"user","content":"a"}]} | thinking.type: 'enabled' is not supported by claude-haiku-5-5
          {"model":"claude-haiku-5-5","max_tokens":1,"tools":[{"name":"no good","input_schema":{}}],"messages":[{"role":"user","content":"a"}]} | tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'
          {"model":"claude-haiku-5-5","max_tokens":1,"messages":[{"role":"user","content":"[[simulator:wat]]"}]} | simulator: unknown fault 'wat'
          """)
  void aBadRequestIsRefusedInTheWordsOfTheRealOne(String body, String message) throws Exception {
    Caller.Answer answer = caller.message(body);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.errorType()).isEqualTo("invalid_request_error");
    assertThat(answer.message()).startsWith(message);
    assertThat(answer.json().get("request_id").asString()).isEqualTo(answer.header("request-id"));
  }

  @Test
  void malformedAndDeeplyNestedBodiesAreRefused() throws Exception {
    assertThat(caller.message("{\"model\":").message())
        .startsWith("The request body is not valid JSON");
    assertThat(caller.message("{\"messages\":" + "[".repeat(60_000)).status()).isEqualTo(400);
    assertThat(caller.message("").status()).isEqualTo(400);
    Caller.Answer text =
        caller.bare(
            "/v1/messages",
            Caller.HELLO,
            "x-api-key",
            "any",
            "anthropic-version",
            "2026-10-21",
            "content-type",
            "text/plain");
    assertThat(text.status()).isEqualTo(400);
  }

  @Test
  void anUnknownOrRetiredModelIsNotFound() throws Exception {
    Caller.Answer unknown = caller.message(Caller.ask("claude-nine", "Hi"));
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.errorType()).isEqualTo("not_found_error");
    assertThat(unknown.message()).isEqualTo("model: claude-nine");
    assertThat(caller.message(Caller.ask("claude-mythos-preview", "Hi")).status()).isEqualTo(404);
    assertThat(caller.get("/v1/nothing").status()).isEqualTo(404);
    assertThat(caller.get("/v1/messages").status()).isEqualTo(405);
  }

  @Test
  void inputBeyondTheContextIsRefused() throws Exception {
    Caller.Answer answer = caller.message(Caller.ask("claude-haiku-4-5", "x".repeat(800_000)));
    assertThat(answer.message()).isEqualTo("prompt is too long: 200003 tokens > 199999 maximum");
  }

  @Test
  void outputEndsWithTheContext() throws Exception {
    Caller.Answer answer = caller.message(Caller.ask("claude-haiku-4-5", "x".repeat(4 * 199_990)));
    assertThat(answer.json().get("stop_reason").asString())
        .isEqualTo("model_context_window_exceeded");
    assertThat(answer.usage().get("output_tokens").asInt()).isEqualTo(7);
  }

  @Test
  void aBodyOver32MegabytesIsTooLargeAndTheConnectionLives() throws Exception {
    Caller.Answer answer = caller.message("x".repeat(33 * 1024 * 1024));
    assertThat(answer.status()).isEqualTo(413);
    assertThat(answer.errorType()).isEqualTo("request_too_large");
    assertThat(answer.message()).isEqualTo("Request exceeds the maximum size");
    assertThat(caller.hello().status()).isEqualTo(200);
    assertThat(simulator.stats().connections()).isEqualTo(1);
  }

  @Test
  void aChunkedBodyIsRead() throws Exception {
    byte[] body = Caller.HELLO.getBytes(StandardCharsets.UTF_8);
    var request =
        caller
            .request("/v1/messages", Caller.with())
            .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
            .build();
    assertThat(caller.send(request).status()).isEqualTo(200);
  }

  @Test
  void aClientThatAsksBeforeSendingIsToldToGoOn() throws Exception {
    var request =
        caller
            .request("/v1/messages", Caller.with())
            .expectContinue(true)
            .POST(BodyPublishers.ofString(Caller.HELLO))
            .build();
    assertThat(caller.send(request).status()).isEqualTo(200);
  }

  @Test
  void tokensAreCountedWithoutAMessage() throws Exception {
    String body =
        "{\"model\":\"claude-haiku-5-5\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
    Caller.Answer counted = caller.post("/v1/messages/count_tokens", body);
    assertThat(counted.json().get("input_tokens").asInt())
        .isEqualTo(caller.hello().usage().get("input_tokens").asInt());
    assertThat(caller.post("/v1/messages/count_tokens", Caller.HELLO).message())
        .isEqualTo("max_tokens: Extra inputs are not permitted");
  }

  @Test
  void toolsAddTheirHiddenPrompt() throws Exception {
    String tool = ",\"tools\":[{\"name\":\"t\",\"input_schema\":{\"type\":\"object\"}}]";
    String body = Caller.HELLO.substring(0, Caller.HELLO.length() - 1) + tool;
    int auto = caller.message(body + "}").usage().get("input_tokens").asInt();
    int forced =
        caller
            .message(body + ",\"tool_choice\":{\"type\":\"any\"}}")
            .usage()
            .get("input_tokens")
            .asInt();
    assertThat(auto).isGreaterThan(286);
    assertThat(forced - auto).isEqualTo(120);
  }

  @Test
  void modelsAreListedInPagesAndOneByOne() throws Exception {
    JsonNode first = caller.get("/v1/models?limit=3").json();
    assertThat(first.get("data").size()).isEqualTo(3);
    assertThat(first.get("has_more").asBoolean()).isTrue();
    JsonNode rest =
        caller.get("/v1/models?limit=1000&after_id=" + first.get("last_id").asString()).json();
    assertThat(rest.get("has_more").asBoolean()).isFalse();
    assertThat(rest.get("data").size()).isEqualTo(16);
    JsonNode one = caller.get("/v1/models/claude-haiku-4-5").json();
    assertThat(one.get("id").asString()).isEqualTo("claude-haiku-4-5-20251001");
    assertThat(one.get("max_tokens").asInt()).isEqualTo(64_000);
    assertThat(caller.get("/v1/models/claude-mythos-preview").json().get("lifecycle").asString())
        .isEqualTo("retired");
    assertThat(caller.get("/v1/models/none").status()).isEqualTo(404);
    assertThat(caller.get("/v1/models?limit=0").status()).isEqualTo(400);
  }
}
