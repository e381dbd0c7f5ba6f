/** The names under which Millrace is watched: metrics, their tags and the fields of log lines. */
@NullMarked
package io.millrace.telemetry;

import org.jspecify.annotations.NullMarked;
