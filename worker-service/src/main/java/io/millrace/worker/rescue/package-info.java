/**
 * Sees to jobs for which their own worker cannot, or does not yet know that it should: those of
 * lost workers, passed deadlines, and what callers asked for.
 */
@NullMarked
package io.millrace.worker.rescue;

import org.jspecify.annotations.NullMarked;
