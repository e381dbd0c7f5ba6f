/**
 * How statements reach PostgreSQL: the bounded pool, arrays as parameters, and the shared
 * transaction that many callers ride in.
 */
@NullMarked
package io.millrace.db.sql;

import org.jspecify.annotations.NullMarked;
