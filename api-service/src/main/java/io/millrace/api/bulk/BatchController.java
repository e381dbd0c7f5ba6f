package io.millrace.api.bulk;

import io.millrace.api.access.Caller;
import io.millrace.api.fields.SmallBody;
import io.millrace.api.inspect.ListJson;
import io.millrace.api.inspect.Paging;
import io.millrace.api.patience.Patience;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.batch.BatchView;
import io.millrace.db.batch.BatchViews;
import io.millrace.job.BatchId;
import io.millrace.wire.JsonWriter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Shows, lists, cancels and deletes batches. */
@RestController
final class BatchController {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final BatchViews views;
  private final ControlBatches control;
  private final BatchAnswers answers;

  BatchController(BatchViews views, ControlBatches control, BatchAnswers answers) {
    this.views = views;
    this.control = control;
    this.answers = answers;
  }

  @GetMapping(CreateBatchController.PATH + "/{id}")
  void retrieve(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    answers.write(find(views, Caller.tenantId(request), parse(id)), request, response);
  }

  @GetMapping(CreateBatchController.PATH)
  void list(HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    int tenant = Caller.tenantId(request);
    Paging<BatchId> paging = Paging.of(request, BatchId::parse, "a batch");
    List<BatchView> found = Patience.within(PATIENCE, () -> page(tenant, paging));
    var cut = paging.cut(found.stream().map(BatchView::id).toList(), null);
    Map<BatchId, BatchView> byId =
        found.stream().collect(Collectors.toMap(BatchView::id, Function.identity()));
    response.setContentType("application/json");
    var list = new ListJson(response.getOutputStream());
    for (BatchId id : cut.ids()) {
      list.item(answers.json(Objects.requireNonNull(byId.get(id)), request));
    }
    list.end(cut.hasMore(), text(cut.first()), text(cut.last()));
  }

  @PostMapping(CreateBatchController.PATH + "/{id}/cancel")
  void cancel(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    int tenant = Caller.tenantId(request);
    BatchId batch = parse(id);
    SmallBody.read(request, Set.of(), (name, json) -> {});
    find(views, tenant, batch);
    control.cancel(tenant, batch);
    answers.write(find(views, tenant, batch), request, response);
  }

  @DeleteMapping(CreateBatchController.PATH + "/{id}")
  void delete(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    BatchId batch = parse(id);
    control.delete(Caller.tenantId(request), batch);
    BatchAnswers.write(
        new JsonWriter()
            .text("id", batch.toString())
            .text("type", "message_batch_deleted")
            .finish(),
        response);
  }

  static BatchId parse(String id) {
    return BatchId.parse(id).orElseThrow(BatchController::unknown);
  }

  static BatchView find(BatchViews views, int tenant, BatchId id) throws InterruptedException {
    return Patience.within(PATIENCE, () -> views.find(tenant, id))
        .orElseThrow(BatchController::unknown);
  }

  /** The same for a batch that never was, one of somebody else, and what is no id at all. */
  static Refused unknown() {
    return new Refused(Problem.notFound("There is no such batch"));
  }

  private List<BatchView> page(int tenant, Paging<BatchId> paging) {
    int limit = paging.limit() + 1;
    BatchId from = paging.from();
    return paging.isTowardsOlder() || from == null
        ? views.olderThan(tenant, from, limit)
        : views.newerThan(tenant, from, limit);
  }

  private static @Nullable String text(@Nullable BatchId id) {
    return id == null ? null : id.toString();
  }
}
