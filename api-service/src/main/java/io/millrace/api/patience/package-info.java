/** Bounds waits where the other side's own bounds are wider: on the store, and on whoever reads. */
@NullMarked
package io.millrace.api.patience;

import org.jspecify.annotations.NullMarked;
