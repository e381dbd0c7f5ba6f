package io.millrace.api.webhook;

import io.millrace.api.access.Caller;
import io.millrace.api.fields.SmallBody;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.webhook.DeliveryView;
import io.millrace.db.webhook.DeliveryViews;
import io.millrace.db.webhook.Endpoint;
import io.millrace.db.webhook.Replays;
import io.millrace.delivery.DeliveryId;
import io.millrace.wire.JsonWriter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Has deliveries made again, one or by filter and time. */
@RestController
final class ReplayController {

  private final FindEndpoints endpoints;
  private final DeliveryViews views;
  private final Replays replays;
  private final ReplayDeliveries matching;

  ReplayController(
      FindEndpoints endpoints, DeliveryViews views, Replays replays, ReplayDeliveries matching) {
    this.endpoints = endpoints;
    this.views = views;
    this.replays = replays;
    this.matching = matching;
  }

  @PostMapping(DeliveryController.PATH + "/{id}/replay")
  void one(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    int tenant = Caller.tenantId(request);
    DeliveryId delivery = DeliveryId.parse(id).orElseThrow(DeliveryController::unknown);
    SmallBody.read(request, Set.of(), (name, json) -> {});
    boolean replayed = replays.replay(tenant, List.of(delivery)).contains(delivery);
    DeliveryView now = views.find(tenant, delivery).orElseThrow(DeliveryController::unknown);
    if (!replayed) {
      throw new Refused(Problem.conflict("The endpoint that it was for was deleted"));
    }
    EndpointController.answer(response, DeliveryJson.write(now));
  }

  @PostMapping(DeliveryController.PATH + "/replay")
  void matching(HttpServletRequest request, HttpServletResponse response) throws IOException {
    int tenant = Caller.tenantId(request);
    answer(tenant, DeliveryFields.ofReplay(request), response);
  }

  @PostMapping("/v1/webhooks/endpoints/{id}/replay")
  void ofEndpoint(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Endpoint endpoint = endpoints.findToChange(request, id);
    answer(Caller.tenantId(request), DeliveryFields.ofReplay(request, endpoint.id()), response);
  }

  private void answer(int tenant, DeliveryFields fields, HttpServletResponse response)
      throws IOException {
    var progress = matching.replay(fields.filter(tenant), fields.after(), fields.dryRun());
    DeliveryId last = progress.last();
    EndpointController.answer(
        response,
        new JsonWriter()
            .text("type", "webhook_replay")
            .bool("dry_run", fields.dryRun())
            .number("replayed", progress.replayed())
            .number("skipped", progress.skipped())
            .bool("has_more", last != null)
            .text("last_id", last == null ? null : last.toString())
            .finish());
  }
}
