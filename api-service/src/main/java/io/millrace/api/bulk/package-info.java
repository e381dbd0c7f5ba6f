/**
 * Message Batches as the Claude API has them, served by Millrace: items come in as a stream and are
 * jobs of one batch afterwards. What becomes of the jobs is not decided here.
 */
@NullMarked
package io.millrace.api.bulk;

import org.jspecify.annotations.NullMarked;
