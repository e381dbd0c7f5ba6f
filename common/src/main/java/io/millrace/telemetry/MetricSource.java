package io.millrace.telemetry;

/** Who serves a metric. */
public enum MetricSource {
  API,
  WORKER,
  BOTH,
  /** The one worker that dispatches, so that a sum over all processes counts nothing twice. */
  DISPATCHER
}
