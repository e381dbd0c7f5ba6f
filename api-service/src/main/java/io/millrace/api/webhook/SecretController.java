package io.millrace.api.webhook;

import io.millrace.api.access.Caller;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.webhook.Secrets;
import io.millrace.db.webhook.Secrets.Owner;
import io.millrace.db.webhook.Secrets.Secret;
import io.millrace.webhook.sign.Signing;
import io.millrace.webhook.sign.SigningKey;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Shows and rotates what webhooks to the URLs of a tenant's jobs are signed with. */
@RestController
final class SecretController {

  private static final String PATH = "/v1/webhooks/secret";

  private final Secrets secrets;
  private final SecureRandom random = new SecureRandom();

  SecretController(Secrets secrets) {
    this.secrets = secrets;
  }

  /** Made at first need, which may be this. */
  @GetMapping(PATH)
  void secret(HttpServletRequest request, HttpServletResponse response) throws IOException {
    var owner = Owner.of(Caller.tenantId(request));
    answer(response, secrets.ensure(owner, Signing.HMAC.wireName(), fresh()));
  }

  @PostMapping(PATH + "/rotate")
  void rotate(HttpServletRequest request, HttpServletResponse response) throws IOException {
    var owner = Owner.of(Caller.tenantId(request));
    var rotation = Rotation.of(request);
    answer(
        response,
        secrets
            .rotate(owner, rotation.signing().wireName(), fresh(), rotation.overlap())
            .orElseThrow(() -> new Refused(Problem.notFound("There is no such tenant"))));
  }

  private byte[] fresh() {
    return SigningKey.create(Signing.HMAC, random).bytes();
  }

  private static void answer(HttpServletResponse response, List<Secret> secrets)
      throws IOException {
    response.setHeader("cache-control", "no-store");
    EndpointController.answer(response, EndpointJson.ofTenant(secrets));
  }
}
