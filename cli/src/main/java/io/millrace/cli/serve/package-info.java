/**
 * The commands that run servers until they are stopped: the whole stack in one process, or parts.
 */
@NullMarked
package io.millrace.cli.serve;

import org.jspecify.annotations.NullMarked;
