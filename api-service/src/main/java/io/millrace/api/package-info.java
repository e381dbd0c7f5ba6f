/**
 * The service that takes jobs in and shows them. This package only wires the features together;
 * each feature is a package of its own.
 */
@NullMarked
package io.millrace.api;

import org.jspecify.annotations.NullMarked;
