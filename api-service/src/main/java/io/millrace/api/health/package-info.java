/** Says whether the service can do its work. */
@NullMarked
package io.millrace.api.health;

import org.jspecify.annotations.NullMarked;
