/**
 * Wakes those who wait for a job to end: by the events topic at once, and by one query a second for
 * all of them together, which also serves while Kafka is away.
 */
@NullMarked
package io.millrace.api.wake;

import org.jspecify.annotations.NullMarked;
