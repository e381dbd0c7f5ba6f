/**
 * Bringing what is stored under the current encryption key, straight on the database: a tool for
 * those who run Millrace.
 */
@NullMarked
package io.millrace.cli.reseal;

import org.jspecify.annotations.NullMarked;
