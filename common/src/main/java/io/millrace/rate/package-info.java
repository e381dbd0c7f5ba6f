/** The words for how fast jobs may go. */
@NullMarked
package io.millrace.rate;

import org.jspecify.annotations.NullMarked;
