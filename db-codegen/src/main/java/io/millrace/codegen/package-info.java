/**
 * Generates the jOOQ classes of the schema: from the migrations, through a real PostgreSQL, during
 * the build. What the classes are used for is the business of the {@code db} module.
 */
@NullMarked
package io.millrace.codegen;

import org.jspecify.annotations.NullMarked;
