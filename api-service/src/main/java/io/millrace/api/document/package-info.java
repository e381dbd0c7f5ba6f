/**
 * Serves the OpenAPI document, which is kept in {@code docs} and agrees with the code by a test.
 */
@NullMarked
package io.millrace.api.document;

import org.jspecify.annotations.NullMarked;
