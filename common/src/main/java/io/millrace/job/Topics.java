package io.millrace.job;

/** The Kafka topics and the share group that Millrace owns. */
public final class Topics {

  /** Released jobs, see {@link ReleasedJob}. */
  public static final String JOBS = "millrace.jobs";

  /** What happened to jobs, keyed by job id: a hint, never the record. */
  public static final String EVENTS = "millrace.events";

  /** Jobs that failed and records that could not be read. */
  public static final String DEAD_LETTER = "millrace.dead-letter";

  /** The share group of all workers on {@link #JOBS}. */
  public static final String WORKERS = "millrace-workers";

  private Topics() {}
}
