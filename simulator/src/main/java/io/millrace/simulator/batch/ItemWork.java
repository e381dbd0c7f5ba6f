package io.millrace.simulator.batch;

import io.millrace.simulator.answer.Account;
import io.millrace.simulator.answer.Answers;
import io.millrace.simulator.answer.Answers.Asked;
import io.millrace.simulator.answer.Answers.Terms;
import io.millrace.simulator.answer.Errors;
import io.millrace.simulator.fault.BatchFault;
import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import io.millrace.simulator.fault.Script;
import io.millrace.simulator.message.MessageRequest;
import io.millrace.simulator.message.Rejected;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Processes one item: judges its {@code params}, and answers it or notes its error. */
final class ItemWork {
  private static final Fault INVALID = Fault.INVALID_REQUEST;

  private final Account account;
  private final Answers answers;

  ItemWork(Account account) {
    this.account = account;
    answers = new Answers(account);
  }

  /** Says false where the item makes no progress. */
  boolean process(Item item, byte[] body, Terms terms, long at) {
    Optional<BatchFault> met = account.batchFaults().strikeItem(item.customId());
    if (met.isEmpty()) {
      return answer(item, body, terms, at);
    }
    switch (met.get()) {
      case ITEM_OVERLOADED -> item.errored(error("overloaded_error", "Overloaded"));
      case ITEM_API_ERROR -> item.errored(error("api_error", "Internal server error"));
      case ITEM_INVALID -> item.errored(error(INVALID.type(), INVALID.message()));
      case ITEM_EXPIRED -> item.left(ItemOutcome.EXPIRED);
      case ITEM_STUCK -> {
        return false;
      }
      case BATCH_SLOW, BATCH_STUCK -> throw new IllegalStateException("drawn for batches only");
    }
    return true;
  }

  private boolean answer(Item item, byte[] body, Terms terms, long at) {
    byte[] params = item.params(body);
    try {
      MessageRequest request = MessageRequest.read(params);
      Script script = script(params);
      Optional<Fault> fault =
          account.faults().strikeOwn(script, item.customId()).map(FaultRule::fault);
      if (fault.isPresent() && fault.get() == Fault.HANG) {
        return false;
      }
      if (fault.isPresent() && fault.get().moment() == Fault.Moment.ERROR) {
        item.errored(error(fault.get(), request.modelName()));
        return true;
      }
      boolean refused = fault.filter(met -> met == Fault.REFUSAL).isPresent();
      item.succeeded(answers.batched(request, params, terms, new Asked(script, refused), at));
    } catch (Rejected e) {
      item.errored(error(e.type(), e.says()));
    }
    return true;
  }

  private static Script script(byte[] params) {
    try {
      return Script.in(params);
    } catch (IllegalArgumentException e) {
      throw Rejected.invalid("simulator: " + e.getMessage());
    }
  }

  private byte[] error(Fault fault, @Nullable String model) {
    String message = fault.message().replace("%model%", model == null ? "unknown" : model);
    return Errors.json(fault.type(), message, fault.code().orElse(null), account.nextId("req_"));
  }

  private byte[] error(String type, String message) {
    return Errors.json(type, message, null, account.nextId("req_"));
  }
}
