/**
 * The commands on keys and tenants. They work on the database itself: the first key cannot come
 * over HTTP.
 */
@NullMarked
package io.millrace.cli.access;

import org.jspecify.annotations.NullMarked;
