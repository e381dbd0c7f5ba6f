package io.millrace.simulator.limit;

/** A call over the limit: which one, and after how many seconds it can pass. */
public record Refusal(Dimension dimension, long limit, long retryAfterSeconds) {}
