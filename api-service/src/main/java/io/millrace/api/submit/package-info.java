/**
 * {@code POST /v1/jobs}: reads and checks a submission without building a tree of it, and answers
 * once it is committed. What happens to the job afterwards is the dispatcher's and the workers'.
 */
@NullMarked
package io.millrace.api.submit;

import org.jspecify.annotations.NullMarked;
