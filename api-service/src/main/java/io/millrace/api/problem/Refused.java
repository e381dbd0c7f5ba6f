package io.millrace.api.problem;

/** A request was turned down; nothing of it is left behind. */
public final class Refused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  /** Turned down for that reason. */
  public Refused(Problem problem) {
    // An answer to the caller, not a fault of ours: a stack trace would only cost.
    super(problem.message(), null, false, false);
    this.problem = problem;
  }

  /** What the caller is told. */
  public Problem problem() {
    return problem;
  }
}
