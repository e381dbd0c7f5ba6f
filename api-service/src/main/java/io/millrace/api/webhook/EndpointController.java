package io.millrace.api.webhook;

import io.millrace.api.access.Caller;
import io.millrace.api.inspect.ListJson;
import io.millrace.api.inspect.Paging;
import io.millrace.api.patience.Patience;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.job.JobWalk.Direction;
import io.millrace.db.webhook.Endpoint;
import io.millrace.db.webhook.Endpoints;
import io.millrace.delivery.EndpointId;
import io.millrace.webhook.address.Targets;
import io.millrace.webhook.sign.SigningKey;
import io.millrace.wire.JsonWriter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Makes, shows, changes and deletes endpoints. */
@RestController
final class EndpointController {

  private static final String PATH = "/v1/webhooks/endpoints";
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Endpoints endpoints;
  private final FindEndpoints find;
  private final Targets targets;
  private final SecureRandom random = new SecureRandom();

  EndpointController(Endpoints endpoints, FindEndpoints find, Targets targets) {
    this.endpoints = endpoints;
    this.find = find;
    this.targets = targets;
  }

  @PostMapping(PATH)
  void create(HttpServletRequest request, HttpServletResponse response) throws IOException {
    int tenant = Caller.tenantId(request);
    var body = EndpointBody.ofNew(request, targets);
    var key = SigningKey.create(body.signing(), random);
    Endpoint created =
        endpoints
            .create(tenant, body.fields(), body.signing().wireName(), key.bytes())
            .orElseThrow(EndpointController::tooMany);
    response.setStatus(HttpServletResponse.SC_CREATED);
    response.setHeader("location", PATH + "/" + created.id());
    answer(response, EndpointJson.withSecret(created, find.secrets(request, created)));
  }

  @GetMapping(PATH)
  void list(HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    int tenant = Caller.tenantId(request);
    Paging<EndpointId> paging = Paging.of(request, EndpointId::parse, "an endpoint");
    boolean older = paging.before() == null;
    List<Endpoint> found =
        Patience.within(
            PATIENCE,
            () ->
                endpoints.list(
                    tenant,
                    older ? Direction.NEWEST_FIRST : Direction.OLDEST_FIRST,
                    older ? paging.after() : paging.before(),
                    paging.limit() + 1));
    boolean more = found.size() > paging.limit();
    List<Endpoint> page = more ? found.subList(0, paging.limit()) : found;
    List<Endpoint> shown = older ? page : page.reversed();
    response.setContentType("application/json");
    var list = new ListJson(response.getOutputStream());
    var secrets = find.shown(request, shown);
    for (Endpoint endpoint : shown) {
      list.item(FindEndpoints.json(request, endpoint, secrets));
    }
    list.end(
        more,
        shown.isEmpty() ? null : shown.getFirst().id().toString(),
        shown.isEmpty() ? null : shown.getLast().id().toString());
  }

  @GetMapping(PATH + "/{id}")
  void show(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    show(request, response, find.find(request, id));
  }

  @PostMapping(PATH + "/{id}")
  void change(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Endpoint endpoint = find.findToChange(request, id);
    var body = EndpointBody.ofChange(request, targets);
    show(
        request,
        response,
        endpoints
            .change(Caller.tenantId(request), endpoint.id(), body.fields())
            .orElseThrow(FindEndpoints::unknown));
  }

  @DeleteMapping(PATH + "/{id}")
  void delete(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Endpoint endpoint = find.findToChange(request, id);
    if (!endpoints.delete(Caller.tenantId(request), endpoint.id())) {
      throw FindEndpoints.unknown();
    }
    answer(
        response,
        new JsonWriter()
            .text("id", endpoint.id().toString())
            .text("type", "webhook_endpoint_deleted")
            .finish());
  }

  private void show(HttpServletRequest request, HttpServletResponse response, Endpoint endpoint)
      throws IOException {
    answer(response, find.json(request, endpoint));
  }

  static void answer(HttpServletResponse response, byte[] body) throws IOException {
    response.setContentType("application/json");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  private static Refused tooMany() {
    return new Refused(
        Problem.invalidRequest(
            "A tenant has at most " + Endpoints.MOST + " endpoints; delete one to make another"));
  }
}
