/**
 * What a Messages request says: the rules it must keep, the tokens it holds, and what of it the
 * prompt cache knows.
 */
@NullMarked
package io.millrace.simulator.message;

import org.jspecify.annotations.NullMarked;
