/**
 * One call of the Messages API: bytes out and bytes back, both unchanged, and exactly how far the
 * call got. What a reply means is decided in {@code classify}; nothing is ever sent twice here.
 */
@NullMarked
package io.millrace.claude.call;

import org.jspecify.annotations.NullMarked;
