package io.millrace.api.problem;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import org.apache.coyote.CloseNowException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.ModelAndView;

/** Answers for every exception inside Spring MVC, before any of its own resolvers. */
final class ProblemResolver implements HandlerExceptionResolver, Ordered {

  private final Problems problems;

  ProblemResolver(Problems problems) {
    this.problems = problems;
  }

  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE;
  }

  @Override
  public @Nullable ModelAndView resolveException(
      HttpServletRequest request,
      HttpServletResponse response,
      @Nullable Object handler,
      Exception failure) {
    if (failure instanceof CloseNowException) {
      // For the server: it must not end this response as if it were whole.
      return null;
    }
    try {
      if (!(failure instanceof IOException) || failure instanceof SocketTimeoutException) {
        problems.of(failure, response).write(response);
      }
      // Else the connection broke: there is nobody to tell.
    } catch (IOException clientGone) {
      throw new UncheckedIOException(clientGone);
    }
    return new ModelAndView();
  }
}
