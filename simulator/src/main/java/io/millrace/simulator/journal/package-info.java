/** What really happened: every call received, and the sums over all of them. */
@NullMarked
package io.millrace.simulator.journal;

import org.jspecify.annotations.NullMarked;
