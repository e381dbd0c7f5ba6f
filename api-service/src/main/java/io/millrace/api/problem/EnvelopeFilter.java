package io.millrace.api.problem;

import io.millrace.telemetry.LogFields;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Outermost: names and times the request, and turns whatever escapes from the inside into an
 * envelope.
 */
final class EnvelopeFilter implements Filter {

  private static final Logger log = LoggerFactory.getLogger(EnvelopeFilter.class);

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
    String id = RequestId.of(http);
    MDC.put(LogFields.REQUEST_ID, id);
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
        long nanos = System.nanoTime() - start;
        meter.record((HttpServletRequest) request, http.getStatus(), nanos);
        if (log.isDebugEnabled()) {
          // The route and not the path: what a caller wrote stays out.
          log.debug(
              "{} {} answered {} after {} ms",
              ((HttpServletRequest) request).getMethod(),
              request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE),
              http.getStatus(),
              nanos / 1_000_000);
        }
      }
      MDC.remove(LogFields.REQUEST_ID);
      MDC.remove(LogFields.TENANT);
    }
  }
}
