/**
 * Who calls: keys, the tenant and the role that a key speaks for, and local mode, in which there is
 * only one. What a caller may see is for the features to ask of the stores, which take the tenant
 * along.
 */
@NullMarked
package io.millrace.api.access;

import org.jspecify.annotations.NullMarked;
