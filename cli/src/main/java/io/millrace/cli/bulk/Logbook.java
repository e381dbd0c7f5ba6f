package io.millrace.cli.bulk;

import java.io.IOException;

/** How far a run is, and where that is noted. */
record Logbook(StateFile file, RunState state) {

  void note() throws IOException {
    file.write(state);
  }
}
