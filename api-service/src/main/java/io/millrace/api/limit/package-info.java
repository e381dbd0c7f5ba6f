/** The operator's routes on pools: what their limits leave, and holding them back by hand. */
@NullMarked
package io.millrace.api.limit;

import org.jspecify.annotations.NullMarked;
