/**
 * How fast one worker may start calls: requests, input tokens and output tokens per minute of each
 * pool, as continuously refilled buckets. Other workers are not known here.
 */
@NullMarked
package io.millrace.claude.limit;

import org.jspecify.annotations.NullMarked;
