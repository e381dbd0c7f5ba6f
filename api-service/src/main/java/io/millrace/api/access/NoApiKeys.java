package io.millrace.api.access;

/** The service would serve nobody: there is no key that may be used. */
public final class NoApiKeys extends RuntimeException {

  private static final long serialVersionUID = 1L;

  static final String REMEDY =
      "Set MILLRACE_API_KEYS=tenant:key,… or create a key with './millrace keys create'.";

  NoApiKeys() {
    super("There is no API key, so that nobody could call. " + REMEDY);
  }
}
