package io.millrace.api.access;

/** The service would serve nobody: there is no key that may be used. */
public final class NoApiKeys extends RuntimeException {

  private static final long serialVersionUID = 1L;

  static final String REMEDY =
      "Create one with './millrace keys create --tenant <name>', or set MILLRACE_API_KEYS=tenant:key,…";

  NoApiKeys() {
    super("There is no API key that may be used, so that nobody could call. " + REMEDY);
  }
}
