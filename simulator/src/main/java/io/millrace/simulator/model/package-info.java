/** The models the simulator serves and what each of them accepts. */
@NullMarked
package io.millrace.simulator.model;

import org.jspecify.annotations.NullMarked;
