/** How ids look outside: what they are an id of, and a UUID in digits that sort as it does. */
@NullMarked
package io.millrace.id;

import org.jspecify.annotations.NullMarked;
