/** What is set about webhooks, for the service that takes them and the one that sends them. */
@NullMarked
package io.millrace.webhook;

import org.jspecify.annotations.NullMarked;
