/**
 * Starts and stops the worker's parts in order, so that nothing waits for a lease after a SIGTERM.
 */
@NullMarked
package io.millrace.worker.drain;

import org.jspecify.annotations.NullMarked;
