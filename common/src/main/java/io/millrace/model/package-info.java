/**
 * The model catalogue: pools, prices, sizes and lifecycle of the models that Millrace knows. It is
 * read from one table, {@code models.txt}; a model that is not in it still works, without a price.
 */
@NullMarked
package io.millrace.model;

import org.jspecify.annotations.NullMarked;
