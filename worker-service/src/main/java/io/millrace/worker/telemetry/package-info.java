/** What a worker measures of jobs on their way, and of the parts it rests on. */
@NullMarked
package io.millrace.worker.telemetry;

import org.jspecify.annotations.NullMarked;
