package io.millrace.api.problem;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Outermost: names and times the request, and turns whatever escapes from the inside into an
 * envelope.
 */
final class EnvelopeFilter implements Filter {

  private final Problems problems;

  private final RequestMeter meter;

  EnvelopeFilter(Problems problems, RequestMeter meter) {
    this.problems = problems;
    this.meter = meter;
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    var http = (HttpServletResponse) response;
    RequestId.of(http);
    long start = System.nanoTime();
    try {
      chain.doFilter(request, response);
    } catch (ServletException wrapper) {
      problems
          .of(wrapper.getRootCause() == null ? wrapper : wrapper.getRootCause(), http)
          .write(http);
    } catch (RuntimeException | Error failure) {
      problems.of(failure, http).write(http);
    } finally {
      if (request.getDispatcherType() == DispatcherType.REQUEST) {
        meter.record((HttpServletRequest) request, http.getStatus(), System.nanoTime() - start);
      }
    }
  }
}
