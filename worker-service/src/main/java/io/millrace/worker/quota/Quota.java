package io.millrace.worker.quota;

import org.jspecify.annotations.Nullable;

/**
 * What may start in any minute.
 *
 * @param requestsPerMinute null for unlimited
 * @param tokensPerMinute input that no cache held, and output, together; null for unlimited
 */
record Quota(@Nullable Long requestsPerMinute, @Nullable Long tokensPerMinute) {

  Quota {
    check("requests-per-minute", requestsPerMinute);
    check("tokens-per-minute", tokensPerMinute);
    if (requestsPerMinute == null && tokensPerMinute == null) {
      throw new IllegalArgumentException(
          "A quota under millrace.quotas sets requests-per-minute, tokens-per-minute or both");
    }
  }

  private static void check(String name, @Nullable Long limit) {
    if (limit != null && limit < 1) {
      throw new IllegalArgumentException(
          name + " under millrace.quotas is at least 1, not " + limit);
    }
  }
}
