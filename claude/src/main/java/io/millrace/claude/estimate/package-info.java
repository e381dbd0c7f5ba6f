/**
 * What a request will probably use, told from its bytes before it is sent. Estimates reserve rate;
 * they are never billed and never refuse a request.
 */
@NullMarked
package io.millrace.claude.estimate;

import org.jspecify.annotations.NullMarked;
