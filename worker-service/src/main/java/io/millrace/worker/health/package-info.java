/** Says whether the worker can do its work, and if not, why. */
@NullMarked
package io.millrace.worker.health;

import org.jspecify.annotations.NullMarked;
