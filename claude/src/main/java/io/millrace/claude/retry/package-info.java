/**
 * Whether and when a failed call is made again. The one owner of retries: the SDK's are off and
 * nothing else repeats a call.
 */
@NullMarked
package io.millrace.claude.retry;

import org.jspecify.annotations.NullMarked;
