/** The words for deliveries: their ids, their states, and why an attempt came to nothing. */
@NullMarked
package io.millrace.delivery;

import org.jspecify.annotations.NullMarked;
