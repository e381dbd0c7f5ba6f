package io.millrace.api.problem;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Outermost: names the request, and turns whatever escapes from the inside into an envelope. */
final class EnvelopeFilter implements Filter {

  private final Problems problems;

  EnvelopeFilter(Problems problems) {
    this.problems = problems;
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    var http = (HttpServletResponse) response;
    RequestId.of(http);
    try {
      chain.doFilter(request, response);
    } catch (ServletException wrapper) {
      problems
          .of(wrapper.getRootCause() == null ? wrapper : wrapper.getRootCause(), http)
          .write(http);
    } catch (RuntimeException | Error failure) {
      problems.of(failure, http).write(http);
    }
  }
}
