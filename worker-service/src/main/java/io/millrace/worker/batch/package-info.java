/**
 * Sends items of batches to Claude as provider batches, follows these to their end and settles what
 * they held. What callers do with their batches is no concern of this package.
 */
@NullMarked
package io.millrace.worker.batch;

import org.jspecify.annotations.NullMarked;
