package io.millrace.model;

import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * One model as the catalogue knows it. What nobody has confirmed is null.
 *
 * @param pool the models that share this one's rate limits
 * @param tokenizer generation of the tokenizer: 2 yields about 30 % more tokens than 1
 * @param usSurcharge whether {@code inference_geo: us} costs more
 * @param retires announced date after which requests fail
 * @param notBefore the earliest date at which the model may retire
 */
public record Model(
    String id,
    String pool,
    @Nullable Integer contextTokens,
    @Nullable Integer maxOutputTokens,
    @Nullable Integer minCacheableTokens,
    int tokenizer,
    boolean usSurcharge,
    Lifecycle lifecycle,
    @Nullable LocalDate retires,
    @Nullable LocalDate notBefore) {

  /** As the provider names it in {@code GET /v1/models}. */
  public enum Lifecycle {
    ACTIVE,
    DEPRECATED,
    RETIRED
  }
}
