/** Reading JSON that is carried byte for byte: streaming, and without limits of its own. */
@NullMarked
package io.millrace.claude.json;

import org.jspecify.annotations.NullMarked;
