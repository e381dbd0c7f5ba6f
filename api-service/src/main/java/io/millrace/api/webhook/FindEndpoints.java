package io.millrace.api.webhook;

import io.millrace.api.access.Caller;
import io.millrace.api.patience.Patience;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.webhook.Endpoint;
import io.millrace.db.webhook.Endpoints;
import io.millrace.db.webhook.Secrets;
import io.millrace.db.webhook.Secrets.Owner;
import io.millrace.db.webhook.Secrets.Secret;
import io.millrace.delivery.EndpointId;
import io.millrace.delivery.EventType;
import io.millrace.webhook.sign.Signing;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Finds the endpoint that a request names, where it is the caller's to see, or to change. */
final class FindEndpoints {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Endpoints endpoints;
  private final Secrets secrets;

  FindEndpoints(Endpoints endpoints, Secrets secrets) {
    this.endpoints = endpoints;
    this.secrets = secrets;
  }

  static Refused unknown() {
    return new Refused(Problem.notFound("There is no such endpoint"));
  }

  /** One of the caller's. */
  Endpoint find(HttpServletRequest request, String id) throws InterruptedException {
    int tenant = Caller.tenantId(request);
    EndpointId endpoint = EndpointId.parse(id).orElseThrow(FindEndpoints::unknown);
    return Patience.within(PATIENCE, () -> endpoints.find(tenant, endpoint))
        .orElseThrow(FindEndpoints::unknown);
  }

  /**
   * One of the caller's that it may change. One that is told of the platform is an operator's: with
   * another key of the same tenant that could be sent elsewhere.
   */
  Endpoint findToChange(HttpServletRequest request, String id) throws InterruptedException {
    Endpoint endpoint = find(request, id);
    boolean operators =
        endpoint.eventTypes().stream()
            .anyMatch(type -> EventType.parse(type).map(EventType::isOperators).orElse(false));
    if (operators) {
      Caller.requireOperator(request);
    }
    return endpoint;
  }

  /** What messages to it are signed with. */
  List<Secret> secrets(HttpServletRequest request, Endpoint endpoint) {
    return secrets.signing(Owner.of(Caller.tenantId(request), endpoint.id()));
  }

  /** What is needed to show these: of those with a public key what it belongs to. */
  Map<Owner, List<Secret>> shown(HttpServletRequest request, List<Endpoint> endpoints) {
    int tenant = Caller.tenantId(request);
    return secrets.signing(
        endpoints.stream()
            .filter(endpoint -> endpoint.signing().equals(Signing.ED25519.wireName()))
            .map(endpoint -> Owner.of(tenant, endpoint.id()))
            .toList());
  }

  /** The endpoint as it is shown. */
  byte[] json(HttpServletRequest request, Endpoint endpoint) {
    return json(request, endpoint, shown(request, List.of(endpoint)));
  }

  /** The same with what was found for several. */
  static byte[] json(
      HttpServletRequest request, Endpoint endpoint, Map<Owner, List<Secret>> shown) {
    var owner = Owner.of(Caller.tenantId(request), endpoint.id());
    return EndpointJson.write(endpoint, shown.getOrDefault(owner, List.of()));
  }
}
