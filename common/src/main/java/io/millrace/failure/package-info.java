/**
 * The codes under which failures are stored, shown and counted, each with its class. What to do
 * about a failure is decided elsewhere.
 */
@NullMarked
package io.millrace.failure;

import org.jspecify.annotations.NullMarked;
