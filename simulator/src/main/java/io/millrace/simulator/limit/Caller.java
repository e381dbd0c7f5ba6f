package io.millrace.simulator.limit;

/** Whose a call is: one that carries {@code x-millrace-job} is Millrace's. */
public enum Caller {
  MILLRACE,
  OTHERS
}
