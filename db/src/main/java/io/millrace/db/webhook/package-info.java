/** Webhooks: endpoints and their secrets, and what is to be delivered to them. */
@NullMarked
package io.millrace.db.webhook;

import org.jspecify.annotations.NullMarked;
