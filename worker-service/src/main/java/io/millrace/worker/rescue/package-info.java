/** Takes jobs away from those who can no longer end them: lost workers and passed deadlines. */
@NullMarked
package io.millrace.worker.rescue;

import org.jspecify.annotations.NullMarked;
