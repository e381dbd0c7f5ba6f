package io.millrace.telemetry;

/** The fields beside the sentence of a log line, as a structured log shows them. */
public final class LogFields {

  /** The api's name of a request, as in its answer's {@code request-id} header. */
  public static final String REQUEST_ID = "request_id";

  /** The job that the line is about. */
  public static final String JOB_ID = "job_id";

  /** The number of the job's call. */
  public static final String ATTEMPT = "attempt";

  /** The tenant's number. */
  public static final String TENANT = "tenant";

  /** The incarnation of the worker that holds the job. */
  public static final String WORKER = "worker";

  private LogFields() {}
}
