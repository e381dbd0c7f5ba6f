/** Tells the world what happened to jobs. A hint: PostgreSQL is the record. */
@NullMarked
package io.millrace.worker.events;

import org.jspecify.annotations.NullMarked;
