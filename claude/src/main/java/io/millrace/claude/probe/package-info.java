/** Requests that cost nothing, by which an account's fault is told from a job's own. */
@NullMarked
package io.millrace.claude.probe;

import org.jspecify.annotations.NullMarked;
