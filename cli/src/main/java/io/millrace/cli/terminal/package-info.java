/** What a command is given by the shell and how it answers: arguments, streams, exit codes. */
@NullMarked
package io.millrace.cli.terminal;

import org.jspecify.annotations.NullMarked;
