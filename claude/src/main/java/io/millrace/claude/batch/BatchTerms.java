package io.millrace.claude.batch;

import java.time.Duration;
import java.util.List;

/**
 * How the provider is spoken to about a batch.
 *
 * @param version the {@code anthropic-version}
 * @param betas what {@code anthropic-beta} names
 * @param start how long a reply may take to begin, and a body to move on
 * @param idle how long a reply may be silent
 */
public record BatchTerms(String version, List<String> betas, Duration start, Duration idle) {

  public BatchTerms {
    betas = List.copyOf(betas);
  }
}
