package io.millrace.api.access;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says at start what to do about missing keys, instead of showing a stack trace. */
final class NoApiKeysAnalyzer extends AbstractFailureAnalyzer<NoApiKeys> {

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, NoApiKeys cause) {
    return new FailureAnalysis("There is no API key.", NoApiKeys.REMEDY, cause);
  }
}
