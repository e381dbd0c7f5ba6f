package io.millrace.api.access;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.tenant.ApiKeys.Principal;
import io.millrace.db.tenant.ApiKeys.Role;
import io.millrace.telemetry.LogFields;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.slf4j.MDC;

/** For whom a request speaks. */
public final class Caller {

  private static final String ATTRIBUTE = Caller.class.getName();
  private static final String KNOWN = ATTRIBUTE + ".known";

  /**
   * The tenant of a request that passed the {@link AccessFilter}; any other is refused, so that a
   * path that the filter should not cover is closed rather than open. An operator's key has a
   * tenant too, and sees no other tenant's jobs.
   */
  public static int tenantId(HttpServletRequest request) {
    return principal(request).tenantId();
  }

  /** Whether the request may look after the platform. */
  public static boolean isOperator(HttpServletRequest request) {
    return principal(request).role() == Role.OPERATOR;
  }

  /**
   * Turns down whoever may not look after the platform: the first thing to do in an operator's
   * route.
   */
  public static void requireOperator(HttpServletRequest request) {
    if (!isOperator(request)) {
      throw new Refused(Problem.of(403, "This needs a key whose role is operator"));
    }
  }

  /**
   * Asks whether the key of such a request is still good, for a request that lasts: a revoked key
   * is found out within seconds, one that the store cannot be asked about counts as good.
   */
  public static BooleanSupplier known(HttpServletRequest request) {
    return request.getAttribute(KNOWN) instanceof BooleanSupplier known ? known : () -> false;
  }

  static void enter(HttpServletRequest request, Principal principal, BooleanSupplier known) {
    request.setAttribute(ATTRIBUTE, principal);
    request.setAttribute(KNOWN, known);
    MDC.put(LogFields.TENANT, Integer.toString(principal.tenantId()));
  }

  static Problem unknown() {
    var plain =
        Problem.authentication(
            "A valid API key is needed: 'authorization: Bearer <key>' or 'x-api-key: <key>'");
    return new Problem(
        plain.status(), plain.type(), plain.message(), Map.of("www-authenticate", "Bearer"));
  }

  /** Tenant and role of such a request. */
  public static Principal principal(HttpServletRequest request) {
    if (request.getAttribute(ATTRIBUTE) instanceof Principal principal) {
      return principal;
    }
    throw new Refused(unknown());
  }

  private Caller() {}
}
