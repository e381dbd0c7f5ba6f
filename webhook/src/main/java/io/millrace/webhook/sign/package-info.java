/** Signatures as Standard Webhooks has them. */
@NullMarked
package io.millrace.webhook.sign;

import org.jspecify.annotations.NullMarked;
