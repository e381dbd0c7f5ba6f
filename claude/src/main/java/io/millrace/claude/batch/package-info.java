/**
 * The provider's Message Batches: how they are sent, looked after and read, without a whole one
 * ever being in memory. What follows from an answer is decided by whoever drives the batch.
 */
@NullMarked
package io.millrace.claude.batch;

import org.jspecify.annotations.NullMarked;
