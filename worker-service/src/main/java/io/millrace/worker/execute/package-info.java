/** One held job after another on its way to an outcome: admission, call, classification, record. */
@NullMarked
package io.millrace.worker.execute;

import org.jspecify.annotations.NullMarked;
