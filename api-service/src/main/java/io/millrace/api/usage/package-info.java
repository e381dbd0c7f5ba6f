/** Sums of what was used and what it cost, as a caller asks for them. */
@NullMarked
package io.millrace.api.usage;

import org.jspecify.annotations.NullMarked;
