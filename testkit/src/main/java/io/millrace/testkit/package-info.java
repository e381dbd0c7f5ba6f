/**
 * What tests stand on: a real PostgreSQL and a real Kafka, each behind a JUnit extension, and a
 * clock that is moved rather than waited for. On the class path of tests only.
 */
@NullMarked
package io.millrace.testkit;

import org.jspecify.annotations.NullMarked;
