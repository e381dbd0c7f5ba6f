/**
 * The Message Batches endpoints: takes batches, lets them progress with the clock, and answers
 * their items, which is left to {@code answer}, when they are due.
 */
@NullMarked
package io.millrace.simulator.batch;

import org.jspecify.annotations.NullMarked;
