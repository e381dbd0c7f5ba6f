/**
 * What callers do to their jobs: cancel, replay, delete, one by its id or all that a filter
 * matches. The rules are the store's; a running call is stopped by the worker that makes it.
 */
@NullMarked
package io.millrace.api.control;

import org.jspecify.annotations.NullMarked;
