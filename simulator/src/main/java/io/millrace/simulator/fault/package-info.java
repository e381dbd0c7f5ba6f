/**
 * What can go wrong on purpose: the catalogue of faults, and the rules that say which call meets
 * which.
 */
@NullMarked
package io.millrace.simulator.fault;

import org.jspecify.annotations.NullMarked;
