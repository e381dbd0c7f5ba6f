package io.millrace.claude.limit;

import io.millrace.job.Lane;

/**
 * A call that wants to start.
 *
 * @param deadline of its job, in local nanoseconds
 * @param input tokens that are expected to count towards the limit
 * @param output tokens that are expected to be produced
 * @param outputPerSecond at this speed, once it begins to produce
 * @param secondsToFirst until then
 */
public record Wanted(
    String pool,
    Lane lane,
    long deadline,
    long input,
    long output,
    double outputPerSecond,
    double secondsToFirst) {}
