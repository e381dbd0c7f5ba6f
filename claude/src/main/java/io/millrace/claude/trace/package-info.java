/**
 * OpenTelemetry traces from a submission to what its job came to. Off unless a collector is named,
 * and then no class of the SDK is touched. Spans tell of sizes, times and outcomes, never of
 * content.
 */
@NullMarked
package io.millrace.claude.trace;

import org.jspecify.annotations.NullMarked;
