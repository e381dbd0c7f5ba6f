/**
 * Where webhooks may be sent to: URLs are judged as they are handed in, and every address that one
 * leads to is judged when it is connected to. What is sent, and when, is decided elsewhere.
 */
@NullMarked
package io.millrace.webhook.address;

import org.jspecify.annotations.NullMarked;
