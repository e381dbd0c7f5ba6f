package io.millrace.simulator.answer;

import io.millrace.simulator.fault.Script;
import io.millrace.simulator.journal.Usage;
import io.millrace.simulator.message.MessageRequest;
import io.millrace.simulator.message.Prompt;
import io.millrace.simulator.message.PromptReader;
import io.millrace.simulator.message.Rejected;
import io.millrace.simulator.message.RequestRules;
import io.millrace.simulator.model.Model;

/** Makes the answers: what a call and an item of a batch have in common. */
public final class Answers {
  private static final int QUOTED = 60;

  private final Account account;

  public Answers(Account account) {
    this.account = account;
  }

  /**
   * Answers an item of a batch, which draws on no limits, or throws what is wrong with it.
   *
   * @param body what the request was read from
   * @param at when its processing began, as {@link Account#nanos}
   */
  public Produced batched(MessageRequest request, byte[] body, Terms terms, Asked asked, long at) {
    Model model = request.model(account.models, account.clock.instant());
    RequestRules.checkBatched(request, model, terms.version(), terms.beta());
    Prompt prompt = prompt(request, model, body);
    Usage input =
        prompt.caches()
            ? account.cache.use(prompt, model, terms.workspace(), at, at)
            : new Usage(prompt.tokens(), 0, 0, 0, 0);
    return produce(request, model, input, asked.script(), asked.refused(), Produced.BATCH);
  }

  /**
   * What a batch's create request said for all its items.
   *
   * @param beta whether any beta was named
   */
  public record Terms(String version, boolean beta, String workspace) {}

  /** What an item's own text asks for. */
  public record Asked(Script script, boolean refused) {}

  static Prompt prompt(MessageRequest request, Model model, byte[] body) {
    Prompt prompt = PromptReader.read(request, model, body);
    long most = model.maxInputTokens() - 1;
    if (prompt.tokens() > most) {
      throw Rejected.invalid(
          "prompt is too long: %d tokens > %d maximum".formatted(prompt.tokens(), most));
    }
    return prompt;
  }

  Produced produce(
      MessageRequest request,
      Model model,
      Usage input,
      Script script,
      boolean refused,
      String tier) {
    long total = input.uncachedInputTokens() + input.cacheReadInputTokens();
    Integer wished = script.outputTokens();
    long tokens =
        wished != null
            ? wished
            : Math.max(1, Math.round(account.outputTokens().sample(account.random)));
    String stopReason = "end_turn";
    if (tokens >= request.maxTokens()) {
      stopReason = tokens == request.maxTokens() && tokens > 0 ? "end_turn" : "max_tokens";
      tokens = request.maxTokens();
    }
    if (tokens > model.maxInputTokens() - total) {
      stopReason = "model_context_window_exceeded";
      tokens = model.maxInputTokens() - total;
    }
    if (refused) {
      stopReason = "refusal";
      tokens = 0;
    }
    return new Produced(
        account.ids.next("msg_"),
        model,
        request.opening(QUOTED),
        stopReason,
        input.withOutput(tokens),
        tier);
  }
}
