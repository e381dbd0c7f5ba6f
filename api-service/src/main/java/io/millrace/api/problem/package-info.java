/**
 * Every error leaves in one envelope, whoever noticed it: a feature, Spring, or Tomcat before any
 * of our code ran. Which requests are wrong is decided by the features.
 */
@NullMarked
package io.millrace.api.problem;

import org.jspecify.annotations.NullMarked;
