package io.millrace.api.tenant;

import io.millrace.api.access.Caller;
import io.millrace.api.patience.Patience;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.tenant.Tenant;
import io.millrace.db.tenant.Tenants;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Shows the operator the tenants, and holds their jobs back. */
@RestController
final class TenantController {

  private static final int USUAL_LIMIT = 20;
  private static final int MOST = 1_000;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Tenants tenants;

  TenantController(Tenants tenants) {
    this.tenants = tenants;
  }

  @GetMapping("/v1/tenants")
  void tenants(HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Caller.requireOperator(request);
    int limit = limit(request.getParameter("limit"));
    String after = request.getParameter("after_id");
    String before = request.getParameter("before_id");
    if (after != null && before != null) {
      throw new Refused(Problem.invalidRequest("before_id: Not permitted together with after_id"));
    }
    List<Tenant> found = Patience.within(PATIENCE, () -> page(after, before, limit + 1));
    boolean more = found.size() > limit;
    List<Tenant> shown = found;
    if (more) {
      shown = before == null ? found.subList(0, limit) : found.subList(1, limit + 1);
    }
    answer(response, TenantJson.write(shown, more));
  }

  @PostMapping("/v1/tenants/{name}/pause")
  void pause(@PathVariable String name, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Caller.requireOperator(request);
    answer(response, existing(name).flatMap(tenants::pause));
  }

  @PostMapping("/v1/tenants/{name}/resume")
  void resume(@PathVariable String name, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Caller.requireOperator(request);
    answer(response, existing(name).flatMap(tenants::resume));
  }

  /** A name that none can have is not shown to the store, which would refuse some characters. */
  private static Optional<String> existing(String name) {
    return Optional.of(name).filter(Tenant::canBeCalled);
  }

  private List<Tenant> page(@Nullable String after, @Nullable String before, int limit) {
    if (after != null) {
      return tenants.olderThan(cursor("after_id", after), limit);
    }
    if (before != null) {
      return tenants.newerThan(cursor("before_id", before), limit);
    }
    return tenants.latest(limit);
  }

  private Tenant cursor(String parameter, String name) {
    return existing(name)
        .flatMap(tenants::named)
        .orElseThrow(
            () -> new Refused(Problem.invalidRequest(parameter + ": There is no such tenant")));
  }

  private static int limit(@Nullable String limit) {
    if (limit == null) {
      return USUAL_LIMIT;
    }
    if (limit.matches("[0-9]{1,4}")) {
      int number = Integer.parseInt(limit);
      if (number >= 1 && number <= MOST) {
        return number;
      }
    }
    throw new Refused(Problem.invalidRequest("limit: Input should be a number from 1 to " + MOST));
  }

  private static void answer(HttpServletResponse response, Optional<Tenant> tenant)
      throws IOException {
    answer(
        response,
        tenant
            .map(TenantJson::write)
            .orElseThrow(() -> new Refused(Problem.notFound("There is no such tenant"))));
  }

  private static void answer(HttpServletResponse response, byte[] body) throws IOException {
    response.setContentType("application/json");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }
}
