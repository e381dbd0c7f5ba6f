/** What tenants and users have started lately, for the limits that an operator may set them. */
@NullMarked
package io.millrace.db.quota;

import org.jspecify.annotations.NullMarked;
