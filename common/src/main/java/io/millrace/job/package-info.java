/**
 * The words every part uses for a job: its id, its states and legal moves, its lane, and the record
 * that invites a worker to claim it. Where a job is kept is the business of the {@code db} module.
 */
@NullMarked
package io.millrace.job;

import org.jspecify.annotations.NullMarked;
