package io.millrace.worker.deliver;

import java.io.IOException;
import java.net.SocketException;
import org.apache.hc.client5.http.HttpRequestRetryStrategy;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.util.TimeValue;

/**
 * Sends once more what met a kept connection that the receiver had closed at that moment: it would
 * count as a failure of a receiver that is well. What the receiver makes of a first connection is
 * its answer.
 */
final class StaleConnections implements HttpRequestRetryStrategy {

  @Override
  public boolean retryRequest(
      HttpRequest request, IOException exception, int execCount, HttpContext context) {
    var endpoint = HttpClientContext.cast(context).getEndpointDetails();
    return execCount == 1
        && endpoint != null
        && endpoint.getRequestCount() > 1
        && endpoint.getResponseCount() > 0
        && (exception instanceof NoHttpResponseException
            || exception instanceof ConnectionClosedException
            || exception instanceof SocketException);
  }

  @Override
  public boolean retryRequest(HttpResponse response, int execCount, HttpContext context) {
    return false;
  }

  @Override
  public TimeValue getRetryInterval(HttpResponse response, int execCount, HttpContext context) {
    return TimeValue.ZERO_MILLISECONDS;
  }
}
