/**
 * How fast calls may start: requests, input tokens and output tokens per minute of each pool, as
 * continuously refilled buckets that all workers share. The arithmetic is pure; what is shared lies
 * in {@link io.millrace.db.limit}.
 */
@NullMarked
package io.millrace.claude.limit;

import org.jspecify.annotations.NullMarked;
