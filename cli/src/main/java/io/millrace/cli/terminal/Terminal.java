package io.millrace.cli.terminal;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The streams and the environment of a command.
 *
 * @param out what was asked for, for people and for pipes
 * @param err everything that is said beside it
 * @param watched whether a person watches {@code err}, so that progress may be shown
 */
public record Terminal(
    InputStream in,
    PrintStream out,
    PrintStream err,
    boolean watched,
    Map<String, String> environment) {

  /** Of this process. */
  public static Terminal ofProcess() {
    return new Terminal(
        System.in,
        System.out,
        System.err,
        Boolean.getBoolean("millrace.terminal"),
        System.getenv());
  }

  /** An environment variable; one that is empty counts as not set. */
  public @Nullable String variable(String name) {
    String value = environment.get(name);
    return value == null || value.isBlank() ? null : value.strip();
  }
}
