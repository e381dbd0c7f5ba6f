package io.millrace.cli.terminal;

/** The exit codes that scripts rely on. */
public final class Exit {

  public static final int SUCCEEDED = 0;
  public static final int FAILED = 1;
  public static final int MISUSED = 2;
  public static final int UNREACHABLE = 3;
  public static final int NOT_FINISHED = 4;

  private Exit() {}
}
