/** From Kafka's records to held jobs. */
@NullMarked
package io.millrace.worker.intake;

import org.jspecify.annotations.NullMarked;
