/** Typed values out of requests; each refusal names the field at fault. */
@NullMarked
package io.millrace.api.fields;

import org.jspecify.annotations.NullMarked;
