/**
 * How Millrace's objects look outside, the same in an answer of the API and in a webhook: a
 * streaming JSON factory with our limits, a writer that embeds raw bytes, the job object.
 */
@NullMarked
package io.millrace.wire;

import org.jspecify.annotations.NullMarked;
