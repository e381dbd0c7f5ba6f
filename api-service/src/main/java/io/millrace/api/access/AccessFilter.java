package io.millrace.api.access;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.tenant.ApiKeys.Principal;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InterruptedIOException;
import org.jspecify.annotations.Nullable;

/** Lets a request of a known caller pass, and notes whose it is. */
final class AccessFilter implements Filter {

  private static final String BEARER = "Bearer ";

  private final Gate gate;

  AccessFilter(Gate gate) {
    this.gate = gate;
  }

  /** Decides who a caller is. */
  sealed interface Gate permits KeyRing, LocalGate {}

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    var http = (HttpServletRequest) request;
    switch (gate) {
      case KeyRing keys -> {
        String key = key(http);
        Caller.enter(http, find(keys, key));
      }
      case LocalGate local -> {
        if (!local.admits(http.getHeader("host"))) {
          throw new Refused(
              Problem.of(403, "host: In local mode only this machine's own names are served"));
        }
        Caller.enter(http, local.everybody());
      }
    }
    chain.doFilter(request, response);
  }

  private static Principal find(KeyRing keys, String key) throws InterruptedIOException {
    try {
      return keys.find(key).orElseThrow(() -> new Refused(Caller.unknown()));
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }

  private static String key(HttpServletRequest request) {
    String bearer = bearer(request.getHeader("authorization"));
    String key = bearer == null ? request.getHeader("x-api-key") : bearer;
    if (key == null || key.isBlank()) {
      throw new Refused(Caller.unknown());
    }
    return key.strip();
  }

  private static @Nullable String bearer(@Nullable String authorization) {
    return authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
        ? authorization.substring(BEARER.length())
        : null;
  }
}
