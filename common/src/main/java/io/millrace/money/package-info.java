/**
 * What a call used and what that costs: exact decimals, never rounded. Prices themselves belong to
 * the model catalogue.
 */
@NullMarked
package io.millrace.money;

import org.jspecify.annotations.NullMarked;
