/** The rate as all workers share it: buckets, places in line, and pauses of pools. */
@NullMarked
package io.millrace.db.limit;

import org.jspecify.annotations.NullMarked;
