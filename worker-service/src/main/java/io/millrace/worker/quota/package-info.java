/**
 * Limits that the operator may set a tenant, and each user of a tenant: their jobs, and no others,
 * start later. Millrace's own limits towards Claude are not among them.
 */
@NullMarked
package io.millrace.worker.quota;

import org.jspecify.annotations.NullMarked;
