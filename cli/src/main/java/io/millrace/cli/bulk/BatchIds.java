package io.millrace.cli.bulk;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Misused;
import java.util.List;

/** The ids of batches among the words of a command. */
final class BatchIds {

  private BatchIds() {}

  static List<String> of(Arguments arguments) {
    for (String id : arguments.words()) {
      if (!id.matches("msgbatch_\\w{1,100}")) {
        throw new Misused("'%s' is no batch's id; ids read msgbatch_….".formatted(id));
      }
    }
    return arguments.words();
  }

  static List<String> atLeastOne(Arguments arguments, String verb) {
    if (arguments.words().isEmpty()) {
      throw new Misused("Which batch? Give its id: ./millrace bulk %s msgbatch_…".formatted(verb));
    }
    return of(arguments);
  }
}
