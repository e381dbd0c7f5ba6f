package io.millrace.api.live;

import io.millrace.api.access.Caller;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.apache.coyote.CloseNowException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** Streams what becomes of a job, or of all of a tenant's. */
@RestController
final class LiveController {

  private static final int RETRY_AFTER_SECONDS = 2;

  private final StreamJob ofJob;
  private final StreamTenant ofTenant;
  private final Places places;
  private final LiveStreams streams;
  private final StreamMeters meters;
  private final Duration longest;

  LiveController(
      StreamJob ofJob,
      StreamTenant ofTenant,
      Places places,
      LiveStreams streams,
      StreamMeters meters,
      Duration longest) {
    this.ofJob = ofJob;
    this.ofTenant = ofTenant;
    this.places = places;
    this.streams = streams;
    this.meters = meters;
    this.longest = longest;
  }

  @GetMapping("/v1/jobs/{id}/events")
  void job(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    int tenant = Caller.tenantId(request);
    String last = StreamParameters.lastEventId(request);
    if (isHead(request)) {
      ofJob.find(tenant, id);
      EventOutput.head(response);
      return;
    }
    stream(
        tenant,
        () -> ofJob.run(tenant, id, last, response, Life.of(longest, Caller.known(request))));
  }

  @GetMapping("/v1/events")
  void events(HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    int tenant = Caller.tenantId(request);
    var wanted = StreamParameters.wanted(tenant, request);
    var cursor = StreamParameters.cursor(request);
    if (isHead(request)) {
      EventOutput.head(response);
      return;
    }
    stream(
        tenant,
        () ->
            ofTenant.run(
                tenant, wanted, cursor, response, Life.of(longest, Caller.known(request))));
  }

  private interface Stream {
    void run() throws IOException, InterruptedException;
  }

  private void stream(int tenant, Stream stream) throws IOException, InterruptedException {
    if (streams.isClosed()) {
      throw new Refused(Problem.overloaded("This server is stopping", RETRY_AFTER_SECONDS));
    }
    try (var _ = places.take(tenant)) {
      stream.run();
    } catch (CloseNowException tooSlow) {
      meters.cut(LiveStream.Ending.SLOW_READER);
      throw tooSlow;
    } catch (IOException gone) {
      // Usual: this is how a client ends its stream. One that took nothing for long was too slow.
      if (gone.getCause() instanceof SocketTimeoutException) {
        meters.cut(LiveStream.Ending.SLOW_READER);
      }
      throw new CloseNowException("the client is gone", gone);
    }
  }

  private static boolean isHead(HttpServletRequest request) {
    return request.getMethod().equals("HEAD");
  }
}
