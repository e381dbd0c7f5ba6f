/** How the logs of the command's services look. */
@NullMarked
package io.millrace.cli.log;

import org.jspecify.annotations.NullMarked;
