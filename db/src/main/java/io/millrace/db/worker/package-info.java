/**
 * The store of worker incarnations: their heartbeats, what they hold, and who of them is lost. How
 * long silence may last is decided by the callers.
 */
@NullMarked
package io.millrace.db.worker;

import org.jspecify.annotations.NullMarked;
