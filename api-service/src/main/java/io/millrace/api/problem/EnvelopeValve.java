package io.millrace.api.problem;

import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;

/**
 * Answers for what Tomcat refuses before any filter runs, such as a request line that it cannot
 * read. Public with a public constructor because Tomcat makes it by name.
 */
public final class EnvelopeValve extends ErrorReportValve {

  private final Problems problems = new Problems(new RequestMeter(() -> null));

  @Override
  protected void report(Request request, Response response, @Nullable Throwable failure) {
    if (response.getStatus() < 400 || response.getContentWritten() > 0) {
      return;
    }
    try {
      if (response.setErrorReported()) {
        problems.ofStatus(response.getStatus()).write(response.getResponse());
        response.finishResponse();
      }
    } catch (IOException clientGone) {
      // Nobody is left to be told.
    }
  }
}
