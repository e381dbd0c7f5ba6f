package io.millrace.api.access;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.tenant.ApiKeys.Principal;
import jakarta.servlet.http.HttpServletRequest;

/** For whom a request speaks. */
public final class Caller {

  private static final String ATTRIBUTE = Caller.class.getName();

  /**
   * The tenant of a request that passed the {@link AccessFilter}; any other is refused, so that a
   * path that the filter should not cover is closed rather than open.
   */
  public static int tenantId(HttpServletRequest request) {
    return principal(request).tenantId();
  }

  /** Tenant and role of such a request. */
  public static Principal principal(HttpServletRequest request) {
    if (request.getAttribute(ATTRIBUTE) instanceof Principal principal) {
      return principal;
    }
    throw new Refused(unknown());
  }

  static void enter(HttpServletRequest request, Principal principal) {
    request.setAttribute(ATTRIBUTE, principal);
  }

  static Problem unknown() {
    return Problem.authentication(
        "A valid API key is needed: 'authorization: Bearer <key>' or 'x-api-key: <key>'");
  }

  private Caller() {}
}
