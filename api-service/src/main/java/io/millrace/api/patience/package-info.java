/** Bounds a wait on the store where the store's own bounds are wider than a caller's patience. */
@NullMarked
package io.millrace.api.patience;

import org.jspecify.annotations.NullMarked;
