package io.millrace.api.webhook;

import io.millrace.api.access.Caller;
import io.millrace.api.inspect.ListJson;
import io.millrace.api.inspect.Paging;
import io.millrace.api.inspect.Paging.Cut;
import io.millrace.api.patience.Patience;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.job.JobWalk.Direction;
import io.millrace.db.webhook.DeliveryFilter;
import io.millrace.db.webhook.DeliveryView;
import io.millrace.db.webhook.DeliveryViews;
import io.millrace.delivery.DeliveryId;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** Shows what became of deliveries. */
@RestController
final class DeliveryController {

  static final String PATH = "/v1/webhooks/deliveries";

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration SEARCH = Duration.ofSeconds(1);

  private final DeliveryViews views;

  DeliveryController(DeliveryViews views) {
    this.views = views;
  }

  private record Page(List<DeliveryView> deliveries, Cut<DeliveryId> cut) {}

  @GetMapping(PATH)
  void list(HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    var filter = DeliveryFields.ofQuery(request).filter(Caller.tenantId(request));
    Paging<DeliveryId> paging = Paging.of(request, DeliveryId::parse, "a delivery");
    Page page = Patience.within(PATIENCE, () -> page(filter, paging));
    response.setContentType("application/json");
    var list = new ListJson(response.getOutputStream());
    for (DeliveryView delivery : page.deliveries()) {
      list.item(DeliveryJson.write(delivery));
    }
    list.end(page.cut().hasMore(), text(page.cut().first()), text(page.cut().last()));
  }

  @GetMapping(PATH + "/{id}")
  void show(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    EndpointController.answer(response, DeliveryJson.write(find(request, id)));
  }

  @GetMapping(PATH + "/{id}/attempts")
  void attempts(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Paging<Integer> paging = Paging.of(request, DeliveryController::number, "an attempt");
    DeliveryView delivery = find(request, id);
    int tenant = Caller.tenantId(request);
    List<DeliveryView.Attempt> all =
        Patience.within(PATIENCE, () -> views.attempts(tenant, delivery.id())).reversed();
    List<DeliveryView.Attempt> meant =
        all.stream()
            .filter(attempt -> paging.after() == null || attempt.no() < paging.after())
            .filter(attempt -> paging.before() == null || attempt.no() > paging.before())
            .toList();
    boolean more = meant.size() > paging.limit();
    List<DeliveryView.Attempt> page = meant;
    if (more) {
      page =
          paging.before() == null
              ? meant.subList(0, paging.limit())
              : meant.subList(meant.size() - paging.limit(), meant.size());
    }
    response.setContentType("application/json");
    var list = new ListJson(response.getOutputStream());
    for (DeliveryView.Attempt attempt : page) {
      list.item(DeliveryJson.write(delivery.id(), attempt));
    }
    list.end(
        more,
        page.isEmpty() ? null : DeliveryJson.ATTEMPT + page.getFirst().no(),
        page.isEmpty() ? null : DeliveryJson.ATTEMPT + page.getLast().no());
  }

  /** As with jobs: where a search took too long its page ends early and says how far it came. */
  private Page page(DeliveryFilter filter, Paging<DeliveryId> paging) {
    var found =
        views.next(
            filter,
            paging.isTowardsOlder() ? Direction.NEWEST_FIRST : Direction.OLDEST_FIRST,
            paging.from(),
            paging.limit() + 1,
            SEARCH);
    Cut<DeliveryId> cut = paging.cut(found.ids(), found.reached());
    return new Page(views.find(filter.tenantId(), cut.ids()), cut);
  }

  private DeliveryView find(HttpServletRequest request, String id) throws InterruptedException {
    int tenant = Caller.tenantId(request);
    DeliveryId delivery = DeliveryId.parse(id).orElseThrow(DeliveryController::unknown);
    return Patience.within(PATIENCE, () -> views.find(tenant, delivery))
        .orElseThrow(DeliveryController::unknown);
  }

  static Refused unknown() {
    return new Refused(Problem.notFound("There is no such delivery"));
  }

  private static @Nullable String text(@Nullable DeliveryId id) {
    return id == null ? null : id.toString();
  }

  private static Optional<Integer> number(String id) {
    return id.matches(DeliveryJson.ATTEMPT + "[0-9]{1,9}")
        ? Optional.of(Integer.parseInt(id.substring(DeliveryJson.ATTEMPT.length())))
        : Optional.empty();
  }
}
