/**
 * Pricing the recorded calls again, straight on the database: a tool for those who run Millrace.
 */
@NullMarked
package io.millrace.cli.recompute;

import org.jspecify.annotations.NullMarked;
