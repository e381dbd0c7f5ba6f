package io.millrace.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.models.messages.batches.BatchCreateParams;
import com.anthropic.models.messages.batches.BatchListParams;
import com.anthropic.models.messages.batches.MessageBatch;
import com.anthropic.models.messages.batches.MessageBatch.ProcessingStatus;
import com.anthropic.models.messages.batches.MessageBatchIndividualResponse;
import com.anthropic.services.blocking.messages.BatchService;
import io.millrace.simulator.batch.BatchSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The official SDK sees what it knows. */
class BatchSdkTest {
  private final MovedClock clock = new MovedClock();
  private final Simulator simulator =
      Simulator.start(
          SimulatorSettings.defaults()
              .withClock(clock)
              .withBatches(BatchSettings.defaults().withTime(Duration.ofMinutes(1))));
  private final AnthropicClient client =
      AnthropicOkHttpClient.builder()
          .baseUrl(simulator.baseUri().toString())
          .apiKey("any")
          .maxRetries(0)
          .build();
  private final BatchService batches = client.messages().batches();

  @AfterEach
  void stop() {
    client.close();
    simulator.close();
  }

  private static BatchCreateParams request(String... customIds) {
    var params = BatchCreateParams.builder();
    for (String customId : customIds) {
      params.addRequest(
          BatchCreateParams.Request.builder()
              .customId(customId)
              .params(
                  BatchCreateParams.Request.Params.builder()
                      .model(customId.startsWith("bad") ? "claude-nothing" : "claude-haiku-5-5")
                      .maxTokens(1000)
                      .addUserMessage("Hello " + customId)
                      .build())
              .build());
    }
    return params.build();
  }

  @Test
  void createPollResults() {
    MessageBatch created = batches.create(request("a", "b", "bad"));
    assertThat(created.processingStatus()).isEqualTo(ProcessingStatus.IN_PROGRESS);
    assertThat(created.validate().requestCounts().processing()).isEqualTo(3);
    assertThat(batches.retrieve(created.id())).isEqualTo(created);

    clock.move(Duration.ofMinutes(1));
    MessageBatch ended = batches.retrieve(created.id()).validate();
    assertThat(ended.processingStatus()).isEqualTo(ProcessingStatus.ENDED);
    assertThat(ended.requestCounts().succeeded()).isEqualTo(2);
    assertThat(ended.requestCounts().errored()).isEqualTo(1);
    assertThat(ended.resultsUrl().orElseThrow()).startsWith(simulator.baseUri().toString());

    Map<String, MessageBatchIndividualResponse> results = new HashMap<>();
    try (var lines = batches.resultsStreaming(created.id())) {
      lines.stream().forEach(line -> results.put(line.customId(), line.validate()));
    }
    assertThat(results).containsOnlyKeys("a", "b", "bad");
    var message = results.get("a").result().asSucceeded().message();
    assertThat(message.usage().serviceTier().orElseThrow().asString()).isEqualTo("batch");
    assertThat(message.content().getFirst().asText().text()).contains("Hello a");
    assertThat(results.get("bad").result().asErrored().error().requestId()).isPresent();
    assertThat(results.get("bad").result().asErrored().error().error().isNotFoundError()).isTrue();
    assertThat(batches.delete(created.id()).validate().id()).isEqualTo(created.id());
    assertThatThrownBy(() -> batches.retrieve(created.id())).isInstanceOf(NotFoundException.class);
  }

  @Test
  void listCancelAndErrors() {
    List<String> created =
        List.of("a", "b", "c").stream().map(id -> batches.create(request(id)).id()).toList();
    assertThat(
            batches.list(BatchListParams.builder().limit(2).build()).autoPager().stream()
                .map(MessageBatch::id))
        .isEqualTo(created.reversed());
    MessageBatch canceling = batches.cancel(created.getFirst()).validate();
    assertThat(canceling.processingStatus()).isEqualTo(ProcessingStatus.CANCELING);
    assertThat(canceling.cancelInitiatedAt()).isPresent();
    assertThatThrownBy(() -> batches.create(request("a", "a")))
        .isInstanceOf(BadRequestException.class);
    assertThatThrownBy(() -> batches.resultsStreaming(created.getFirst()))
        .isInstanceOf(BadRequestException.class);
  }
}
