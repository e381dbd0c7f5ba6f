/**
 * Rate limits as the API applies them: a bucket for each dimension of each pool, the headers that
 * tell of it, and refusals.
 */
@NullMarked
package io.millrace.simulator.limit;

import org.jspecify.annotations.NullMarked;
