package io.millrace.cli.client;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Misused;
import java.util.List;

/** The ids of jobs among the words of a command. */
final class JobIds {

  private JobIds() {}

  static List<String> of(Arguments arguments) {
    for (String id : arguments.words()) {
      if (!id.matches("job_\\w{1,100}")) {
        throw new Misused("'%s' is no job's id; ids read job_….".formatted(id));
      }
    }
    return arguments.words();
  }
}
