/** The one kind of loop: a named thread that repeats a body, survives its failures and says so. */
@NullMarked
package io.millrace.db.loop;

import org.jspecify.annotations.NullMarked;
