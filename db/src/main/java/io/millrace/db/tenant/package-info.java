/** The store of tenants and of the keys that speak for them. */
@NullMarked
package io.millrace.db.tenant;

import org.jspecify.annotations.NullMarked;
