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
import java.util.Collections;
import java.util.stream.Stream;
import org.jooq.exception.DataAccessException;

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
        Caller.enter(http, find(keys, key), () -> isKnown(keys, key));
      }
      case LocalGate local -> {
        if (!local.admits(http.getHeader("host"))) {
          throw new Refused(
              Problem.of(403, "host: In local mode only this machine's own names are served"));
        }
        Caller.enter(http, local.everybody(), () -> true);
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

  /** Whether the key is still good; where the store does not say, it is taken for good. */
  private static boolean isKnown(KeyRing keys, String key) {
    try {
      return keys.find(key).isPresent();
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      return true;
    } catch (Refused | DataAccessException silent) {
      return true;
    }
  }

  /** The one key that the headers name; a request that names two is nobody's. */
  private static String key(HttpServletRequest request) {
    var named =
        Stream.concat(
                values(request, "authorization").map(AccessFilter::bearer),
                values(request, "x-api-key"))
            .map(String::strip)
            .filter(key -> !key.isEmpty())
            .distinct()
            .toList();
    if (named.size() != 1) {
      throw new Refused(Caller.unknown());
    }
    return named.getFirst();
  }

  private static Stream<String> values(HttpServletRequest request, String header) {
    return Collections.list(request.getHeaders(header)).stream();
  }

  /**
   * The key in an authorization; empty where it is of another scheme, which is not ours to judge.
   */
  private static String bearer(String authorization) {
    return authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
        ? authorization.substring(BEARER.length())
        : "";
  }
}
