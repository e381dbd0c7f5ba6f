package io.millrace.claude.retry;

/** What a job wants done when a call may have been billed without an answer. */
public enum OnAmbiguous {
  RETRY,
  FAIL
}
