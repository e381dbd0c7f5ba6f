/**
 * Answers calls: judges them, lets them through the limits, produces a text over the latency, and
 * spoils it where a fault says so.
 */
@NullMarked
package io.millrace.simulator.answer;

import org.jspecify.annotations.NullMarked;
