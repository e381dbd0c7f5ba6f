/** The operator's routes on tenants: who there is, and whose jobs are held back. */
@NullMarked
package io.millrace.api.tenant;

import org.jspecify.annotations.NullMarked;
