/** The job object, and {@code GET /v1/jobs/{id}}, which can hold until the job has ended. */
@NullMarked
package io.millrace.api.inspect;

import org.jspecify.annotations.NullMarked;
