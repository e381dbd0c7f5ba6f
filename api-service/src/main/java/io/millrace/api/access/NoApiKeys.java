package io.millrace.api.access;

/** The service would serve nobody: there is no key that may be used. */
public final class NoApiKeys extends RuntimeException {

  private static final long serialVersionUID = 1L;

  NoApiKeys() {
    super(
        "There is no API key. Set MILLRACE_API_KEYS=tenant:key,… or create one with './millrace keys create'.");
  }
}
