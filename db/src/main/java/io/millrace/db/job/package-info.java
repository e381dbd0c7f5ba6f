/**
 * The store of jobs: every move of a job's life is one statement or one short transaction here,
 * guarded by state and fence. What to do next is decided by the callers.
 */
@NullMarked
package io.millrace.db.job;

import org.jspecify.annotations.NullMarked;
