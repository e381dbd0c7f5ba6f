/**
 * What was used and what it cost: sums for reports, and corrections of what was priced wrong. The
 * cost rows themselves are written where calls are settled.
 */
@NullMarked
package io.millrace.db.usage;

import org.jspecify.annotations.NullMarked;
