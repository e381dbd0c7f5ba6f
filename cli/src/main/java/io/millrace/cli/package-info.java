/**
 * The {@code millrace} command: reads the command line, knows the commands and their help. What a
 * command does is in packages of their own, which are loaded only when it is called.
 */
@NullMarked
package io.millrace.cli;

import org.jspecify.annotations.NullMarked;
