/**
 * How this worker reaches Kafka: clients whose every wait is bounded, and the topics themselves.
 */
@NullMarked
package io.millrace.worker.kafka;

import org.jspecify.annotations.NullMarked;
