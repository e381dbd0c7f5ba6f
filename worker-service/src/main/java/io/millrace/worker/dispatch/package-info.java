/**
 * Releases due jobs to Kafka: fairly, by priority, and only what can start soon. One dispatcher is
 * elected; two at once are harmless.
 */
@NullMarked
package io.millrace.worker.dispatch;

import org.jspecify.annotations.NullMarked;
