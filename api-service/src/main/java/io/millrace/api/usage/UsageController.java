package io.millrace.api.usage;

import static io.millrace.api.usage.UsageParameters.refused;

import io.millrace.api.access.Caller;
import io.millrace.api.patience.Patience;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.sql.Failures;
import io.millrace.db.tenant.ApiKeys.Principal;
import io.millrace.db.tenant.ApiKeys.Role;
import io.millrace.db.tenant.Tenant;
import io.millrace.db.tenant.Tenants;
import io.millrace.db.usage.UsageQuestion;
import io.millrace.db.usage.UsageQuestion.Dimension;
import io.millrace.db.usage.UsageSum;
import io.millrace.db.usage.Usages;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Answers what was used and what it cost. */
@RestController
final class UsageController {

  static final int MOST_GROUPS = 10_000;

  // The database gives up first, and tells why.
  private static final Duration BOUND = Duration.ofSeconds(10);
  private static final Duration PATIENCE = BOUND.plusSeconds(2);

  private final Usages usages;
  private final Tenants tenants;
  private final Clock clock;

  // Reports must not take the connections that intake needs.
  private final Semaphore turns = new Semaphore(2);

  UsageController(Usages usages, Tenants tenants, Clock clock) {
    this.usages = usages;
    this.tenants = tenants;
    this.clock = clock;
  }

  @GetMapping("/v1/usage")
  void usage(HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Principal caller = Caller.principal(request);
    var asked =
        UsageParameters.of(
            request.getParameter("from"),
            request.getParameter("to"),
            request.getParameterValues("group_by"),
            clock.instant());
    if (caller.role() != Role.OPERATOR && asked.groupBy().contains(Dimension.TENANT)) {
      throw refused("group_by", "Only an operator's key tells tenants apart");
    }
    Integer tenant = tenant(caller, request.getParameter("tenant"));
    var question = new UsageQuestion(asked.from(), asked.to(), asked.groupBy(), tenant);
    byte[] body = UsageJson.write(asked, sums(question));
    response.setContentType("application/json");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  private List<UsageSum> sums(UsageQuestion question) throws InterruptedException {
    if (!turns.tryAcquire(BOUND.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new Refused(Problem.overloaded("Too many sums are asked for at once", 5));
    }
    List<UsageSum> sums;
    try {
      sums = Patience.within(PATIENCE, () -> usages.sums(question, MOST_GROUPS + 1, BOUND));
    } catch (DataAccessException failure) {
      if (!Failures.isTimeout(failure)) {
        throw failure;
      }
      throw new Refused(
          Problem.of(
              504,
              "The sums took longer than %d s: ask for a shorter time or for fewer groups"
                  .formatted(BOUND.toSeconds())));
    } finally {
      turns.release();
    }
    if (sums.size() > MOST_GROUPS) {
      throw refused(
          "group_by",
          "There are more than %d groups: ask for a shorter time or for fewer dimensions"
              .formatted(MOST_GROUPS));
    }
    return sums;
  }

  /** Whose usage: a tenant's own; an operator's all, or that of whom it names. */
  private @Nullable Integer tenant(Principal caller, @Nullable String name)
      throws InterruptedException {
    if (caller.role() != Role.OPERATOR) {
      if (name != null && !name.equals(caller.tenant())) {
        throw new Refused(
            Problem.of(403, "tenant: Only an operator's key may ask for another tenant's usage"));
      }
      return caller.tenantId();
    }
    if (name == null) {
      return null;
    }
    return Patience.within(PATIENCE, () -> tenants.named(name))
        .map(Tenant::number)
        .orElseThrow(() -> refused("tenant", "There is no tenant of that name"));
  }
}
