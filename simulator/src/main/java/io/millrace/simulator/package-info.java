/**
 * A local Claude API to develop, test and benchmark against: starts in milliseconds, answers like
 * the real one, keeps its limits, fails on demand, and tells afterwards what was really called.
 */
@NullMarked
package io.millrace.simulator;

import org.jspecify.annotations.NullMarked;
