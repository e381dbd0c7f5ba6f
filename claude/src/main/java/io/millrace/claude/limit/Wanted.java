package io.millrace.claude.limit;

import io.millrace.job.Lane;

/**
 * A call that wants to start.
 *
 * @param turn when the dispatcher let its job go, in local nanoseconds: jobs of a lane start in the
 *     order that the dispatcher made fair
 * @param input tokens that are expected to count towards the limit
 * @param output tokens that are expected to be produced
 * @param outputPerSecond at this speed, once it begins to produce
 * @param secondsToFirst until then
 */
public record Wanted(
    String pool,
    Lane lane,
    long turn,
    long input,
    long output,
    double outputPerSecond,
    double secondsToFirst) {}
