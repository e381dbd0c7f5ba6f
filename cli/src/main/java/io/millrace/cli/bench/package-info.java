/**
 * {@code millrace bench}: the numbers Millrace is built for, measured on this machine against the
 * simulator. Never uses a real key.
 */
@NullMarked
package io.millrace.cli.bench;

import org.jspecify.annotations.NullMarked;
