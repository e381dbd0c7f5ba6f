package io.millrace.api.webhook;

import io.millrace.api.access.Caller;
import io.millrace.api.fields.SmallBody;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.webhook.DeliveryViews;
import io.millrace.db.webhook.Endpoint;
import io.millrace.db.webhook.Endpoints;
import io.millrace.db.webhook.Secrets;
import io.millrace.db.webhook.Secrets.Owner;
import io.millrace.db.webhook.TestEvents;
import io.millrace.delivery.DeliveryId;
import io.millrace.delivery.EndpointState;
import io.millrace.webhook.sign.Signing;
import io.millrace.webhook.sign.SigningKey;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Set;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Rotates an endpoint's secret, tries it out, and holds it back. */
@RestController
final class EndpointControlController {

  private static final String PATH = "/v1/webhooks/endpoints/{id}";

  private final Endpoints endpoints;
  private final FindEndpoints find;
  private final Secrets secrets;
  private final TestEvents tests;
  private final DeliveryViews deliveries;
  private final SecureRandom random = new SecureRandom();

  EndpointControlController(
      Endpoints endpoints,
      FindEndpoints find,
      Secrets secrets,
      TestEvents tests,
      DeliveryViews deliveries) {
    this.endpoints = endpoints;
    this.find = find;
    this.secrets = secrets;
    this.tests = tests;
    this.deliveries = deliveries;
  }

  @PostMapping(PATH + "/rotate")
  void rotate(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Endpoint endpoint = find.findToChange(request, id);
    var rotation = Rotation.of(request, Signing.parse(endpoint.signing()).orElseThrow());
    int tenant = Caller.tenantId(request);
    var key = SigningKey.create(rotation.signing(), random);
    List<Secrets.Secret> signing =
        secrets
            .rotate(
                Owner.of(tenant, endpoint.id()),
                rotation.signing().wireName(),
                key.bytes(),
                rotation.overlap())
            .orElseThrow(FindEndpoints::unknown);
    Endpoint rotated = endpoints.find(tenant, endpoint.id()).orElseThrow(FindEndpoints::unknown);
    EndpointController.answer(response, EndpointJson.withSecret(rotated, signing));
  }

  @PostMapping(PATH + "/test")
  void test(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Endpoint endpoint = find.findToChange(request, id);
    SmallBody.read(request, Set.of(), (name, json) -> {});
    int tenant = Caller.tenantId(request);
    DeliveryId sent =
        tests.send(tenant, endpoint.id()).orElseThrow(() -> held(endpoint, "cannot be tested"));
    response.setStatus(HttpServletResponse.SC_ACCEPTED);
    response.setHeader("location", DeliveryController.PATH + "/" + sent);
    EndpointController.answer(
        response,
        DeliveryJson.write(deliveries.find(tenant, sent).orElseThrow(FindEndpoints::unknown)));
  }

  @PostMapping(PATH + "/pause")
  void pause(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Endpoint endpoint = find.findToChange(request, id);
    SmallBody.read(request, Set.of(), (name, json) -> {});
    Endpoint paused =
        endpoints
            .pause(Caller.tenantId(request), endpoint.id())
            .orElseThrow(FindEndpoints::unknown);
    if (paused.state() == EndpointState.DISABLED) {
      throw held(paused, "cannot be paused");
    }
    EndpointController.answer(response, find.json(request, paused));
  }

  @PostMapping(PATH + "/resume")
  void resume(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Endpoint endpoint = find.findToChange(request, id);
    SmallBody.read(request, Set.of(), (name, json) -> {});
    int tenant = Caller.tenantId(request);
    Endpoint resumed = endpoints.resume(tenant, endpoint.id()).orElseThrow(FindEndpoints::unknown);
    EndpointController.answer(
        response,
        EndpointJson.resumed(
            resumed, find.secrets(request, resumed), endpoints.replayable(tenant, endpoint.id())));
  }

  private static Refused held(Endpoint endpoint, String fault) {
    return new Refused(
        Problem.conflict(
            "The endpoint %s while it is %s; resume it first"
                .formatted(fault, endpoint.state().wireName())));
  }
}
