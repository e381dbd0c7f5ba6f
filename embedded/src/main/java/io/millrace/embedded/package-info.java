/**
 * A real PostgreSQL and a real Kafka broker without Docker: unpacked, started, watched and stopped
 * from Java. What they hold is their callers' business.
 */
@NullMarked
package io.millrace.embedded;

import org.jspecify.annotations.NullMarked;
