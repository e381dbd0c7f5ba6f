package io.millrace.api.access;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.tenant.ApiKeys.Principal;
import io.millrace.telemetry.LogFields;
import jakarta.servlet.http.HttpServletRequest;
import org.slf4j.MDC;

/** For whom a request speaks. */
public final class Caller {

  private static final String ATTRIBUTE = Caller.class.getName();

  /**
   * The tenant of a request that passed the {@link AccessFilter}; any other is refused, so that a
   * path that the filter should not cover is closed rather than open.
   */
  public static int tenantId(HttpServletRequest request) {
    if (request.getAttribute(ATTRIBUTE) instanceof Principal principal) {
      return principal.tenantId();
    }
    throw new Refused(unknown());
  }

  static void enter(HttpServletRequest request, Principal principal) {
    request.setAttribute(ATTRIBUTE, principal);
    MDC.put(LogFields.TENANT, Integer.toString(principal.tenantId()));
  }

  static Problem unknown() {
    return Problem.authentication(
        "A valid API key is needed: 'authorization: Bearer <key>' or 'x-api-key: <key>'");
  }

  private Caller() {}
}
