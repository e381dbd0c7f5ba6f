/** This process as a worker: its incarnation and how long it may act as one. */
@NullMarked
package io.millrace.worker.lease;

import org.jspecify.annotations.NullMarked;
