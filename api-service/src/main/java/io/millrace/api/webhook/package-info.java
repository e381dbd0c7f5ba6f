/**
 * A tenant's routes on webhooks: its endpoints, what they are signed with, and what became of each
 * delivery. Sending is the worker's.
 */
@NullMarked
package io.millrace.api.webhook;

import org.jspecify.annotations.NullMarked;
