/**
 * What calls tell of the service behind a pool, and when no more should be made. Sharing it with
 * other workers and pausing pools are left to the worker.
 */
@NullMarked
package io.millrace.claude.breaker;

import org.jspecify.annotations.NullMarked;
