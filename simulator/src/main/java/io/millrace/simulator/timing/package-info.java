/** How long answers take and how long they are. */
@NullMarked
package io.millrace.simulator.timing;

import org.jspecify.annotations.NullMarked;
