/**
 * What the end of a call means for its job: pure functions from a reply to an outcome, and the
 * reading of messages and their usage. Acting on the outcome is left to others.
 */
@NullMarked
package io.millrace.claude.classify;

import org.jspecify.annotations.NullMarked;
