/** The worker service: everything between a stored job and its recorded outcome. */
@NullMarked
package io.millrace.worker;

import org.jspecify.annotations.NullMarked;
