/**
 * {@code millrace bulk}: files of requests handed in as batches, watched, and answered line by
 * line. Remembers beside the output what it has done, so that it may be stopped at any moment. What
 * becomes of a batch is the server's.
 */
@NullMarked
package io.millrace.cli.bulk;

import org.jspecify.annotations.NullMarked;
