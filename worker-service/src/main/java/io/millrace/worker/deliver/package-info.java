/**
 * Tells the world by webhook: takes due deliveries, renders and signs what they say, sends it, and
 * judges what came of it. Which deliveries there are, the store decides; where they may go, {@code
 * webhook}.
 */
@NullMarked
package io.millrace.worker.deliver;

import org.jspecify.annotations.NullMarked;
