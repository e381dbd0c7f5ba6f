package io.millrace.telemetry;

/** What a metric measures, and so which series Prometheus has of it. */
public enum MetricKind {
  COUNTER("_total"),
  DOLLARS("_usd_total"),
  GAUGE(""),
  SECONDS("_seconds"),
  SUMMARY(""),
  TIMER("_seconds"),
  HISTOGRAM("_seconds");

  private final String suffix;

  MetricKind(String suffix) {
    this.suffix = suffix;
  }

  String suffix() {
    return suffix;
  }
}
