/**
 * Encryption at rest: what prompts, answers and secrets look like in the database while keys are
 * configured. Needs nothing but the JDK; the stores seal what they write and open what they read.
 */
@NullMarked
package io.millrace.db.seal;

import org.jspecify.annotations.NullMarked;
