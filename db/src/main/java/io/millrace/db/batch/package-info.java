/**
 * Batches: what callers submitted as one, and what is sent to the provider as one. Their items are
 * jobs, and everything that happens to an item happens in {@code io.millrace.db.job}.
 */
@NullMarked
package io.millrace.db.batch;

import org.jspecify.annotations.NullMarked;
