/**
 * Which jobs a request is about: the same filter in the query of a list and in the body of an
 * order.
 */
@NullMarked
package io.millrace.api.filter;

import org.jspecify.annotations.NullMarked;
