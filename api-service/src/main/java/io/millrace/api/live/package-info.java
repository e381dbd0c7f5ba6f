/**
 * Live streams of what becomes of jobs, as server-sent events. PostgreSQL is the record: the events
 * topic only says when to look, one question a second for all who listen finds what it did not say,
 * and an index by the time of the end answers who comes back with the last event that it saw.
 */
@NullMarked
package io.millrace.api.live;

import org.jspecify.annotations.NullMarked;
