package io.millrace.cli.bulk;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The requests of an input, in their order. The same input gives the same items each time. */
interface Items extends Closeable {

  /**
   * The next one, or null where there is none.
   *
   * @throws io.millrace.cli.terminal.Misused if what comes next is none; it says in which line
   */
  @Nullable Item next() throws IOException;
}
