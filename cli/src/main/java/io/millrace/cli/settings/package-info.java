/** The services' configuration, for commands that work on their database beside them. */
@NullMarked
package io.millrace.cli.settings;

import org.jspecify.annotations.NullMarked;
