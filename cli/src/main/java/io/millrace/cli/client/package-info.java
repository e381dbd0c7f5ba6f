/**
 * The commands that talk to a running Millrace over HTTP. They start quickly and so use the JDK and
 * a JSON parser only.
 */
@NullMarked
package io.millrace.cli.client;

import org.jspecify.annotations.NullMarked;
