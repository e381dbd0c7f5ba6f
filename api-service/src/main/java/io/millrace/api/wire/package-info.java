/** JSON at the edge: one streaming factory with our limits, and a writer that embeds raw bytes. */
@NullMarked
package io.millrace.api.wire;

import org.jspecify.annotations.NullMarked;
