package io.millrace.api.problem;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.telemetry.LatencyBuckets;
import io.millrace.telemetry.Metric;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Times requests by route and status. It stands in for Spring's own observation of requests, which
 * took a tenth of the time that a submission takes.
 */
final class RequestMeter {

  private final Supplier<@Nullable MeterRegistry> registry;
  private final ConcurrentMap<Route, Timer> timers = new ConcurrentHashMap<>();

  private record Route(String method, String path, int status) {}

  RequestMeter(Supplier<@Nullable MeterRegistry> registry) {
    this.registry = registry;
  }

  void record(HttpServletRequest request, int status, long nanos) {
    // Names that a caller can make up stay out: each would be a series of its own.
    Object pattern = request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE);
    var route =
        pattern == null
            ? new Route("other", "other", status)
            : new Route(request.getMethod(), pattern.toString(), status);
    Timer timer = timers.get(route);
    if (timer == null) {
      timer = register(route);
    }
    if (timer != null) {
      timer.record(Duration.ofNanos(nanos));
    }
  }

  /** A request was answered 503. */
  void refused(Problem.Reason reason) {
    MeterRegistry meters = registry.get();
    if (meters != null) {
      meters.counter(Metric.HTTP_REFUSED.meter(), "reason", reason.wireName()).increment();
    }
  }

  private @Nullable Timer register(Route route) {
    MeterRegistry meters = registry.get();
    return meters == null
        ? null
        : timers.computeIfAbsent(
            route,
            absent ->
                Timer.builder(Metric.HTTP_REQUESTS.meter())
                    .description(Metric.HTTP_REQUESTS.description())
                    .tag("method", route.method())
                    .tag("path", route.path())
                    .tag("status", Integer.toString(route.status()))
                    .serviceLevelObjectives(LatencyBuckets.bounds())
                    .register(meters));
  }
}
